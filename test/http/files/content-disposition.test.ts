import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { contentDisposition } from "#src/http/files/content-disposition";

const exactOf = (header: string): string => decodeURIComponent(header.slice(header.indexOf("''") + 2));

describe("a Content-Disposition", () => {
  it("says whether the file is shown or saved, and its name twice", () => {
    assert.equal(contentDisposition(undefined, false), "attachment");
    assert.equal(contentDisposition("", true), "inline");
    assert.equal(contentDisposition("a b.txt", false), `attachment; filename="a b.txt"; filename*=UTF-8''a%20b.txt`);
    assert.equal(
      contentDisposition("naïve 日.txt", true),
      `inline; filename="na_ve _.txt"; filename*=UTF-8''na%C3%AFve%20%E6%97%A5.txt`,
    );
    assert.equal(
      contentDisposition(`a"b'(1)*%41.txt`, false),
      `attachment; filename="a_b'(1)*_41.txt"; filename*=UTF-8''a%22b%27%281%29%2A%2541.txt`,
    );
  });

  it("has no path, no control character and no half of a character", () => {
    assert.equal(exactOf(contentDisposition("../../etc/passwd", false)), ".._.._etc_passwd");
    assert.equal(exactOf(contentDisposition("C:\\Windows\\win.ini", false)), "C:_Windows_win.ini");
    assert.equal(exactOf(contentDisposition("a\r\nset-cookie: b=c\0\u0085.txt", false)), "aset-cookie: b=c.txt");
    assert.equal(exactOf(contentDisposition("a\ud800.txt", false)), "a\ufffd.txt");
    assert.equal(contentDisposition("\r\n", false), "attachment");
  });

  it("of any name is one header, from which exactly that name is read (property)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (name) => {
        const header = contentDisposition(name, false);
        assert.match(
          header,
          /^attachment(?:; filename="[\x20\x21\x23-\x24\x26-\x5b\x5d-\x7e]*"; filename\*=UTF-8''[\w%!#$&+.^`|~-]*)?$/,
        );
        // oxlint-disable-next-line no-control-regex -- they are what is left out
        const kept = name.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "").replaceAll(/[/\\]/g, "_");
        if (kept !== "") assert.equal(exactOf(header), kept);
      }),
    );
  });
});
