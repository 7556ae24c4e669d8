import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type PartHead, parsePartHead } from "#src/http/multipart/part-head";
import { isPlinthError } from "#src/core/mod";
import { limitsOf } from "./support.ts";

const head = (...lines: readonly string[]): PartHead => parsePartHead(Buffer.from(lines.join("\r\n")), limitsOf({ headers: 4 }));
const disposition = (rest: string): PartHead => head(`Content-Disposition: form-data${rest}`);

function codeOf(...lines: readonly string[]): string {
  try {
    head(...lines);
    return "taken";
  } catch (thrown) {
    return isPlinthError(thrown) ? `${thrown.status} ${thrown.code}` : String(thrown);
  }
}

describe("the head of a part", () => {
  it("says a name, a file name and a type", () => {
    assert.deepEqual(head('Content-Disposition: form-data; name="a"'), { name: "a", filename: undefined, declaredType: "" });
    assert.deepEqual(head('content-disposition:Form-Data;name=a;filename="é €.PNG"', "CONTENT-TYPE: Image/PNG; a=b"), {
      name: "a",
      filename: "é €.PNG",
      declaredType: "image/png",
    });
    assert.equal(head('Content-Disposition: form-data; name="a"', "X-Other: 1", "Content-Length: 5").name, "a");
  });

  it("has names as browsers and others escape them", () => {
    assert.equal(disposition(String.raw`; name="a%22b\"c\\d"`).name, String.raw`a"b"c\d`);
    assert.equal(disposition(String.raw`; name="a"; filename="C:\dir\file.txt"`).filename, String.raw`C:\dir\file.txt`);
    assert.equal(disposition('; name="a;b=c"').name, "a;b=c");
    assert.equal(disposition('; name=""').name, "");
    assert.equal(disposition('; name="__proto__"').name, "__proto__");
    assert.equal(disposition('; name="a%0D%0Ab"').name, "a%0D%0Ab");
    assert.equal(disposition('; name="a"; filename="b"; filename*=UTF-8\'\'c').filename, "b");
  });

  const good = 'Content-Disposition: form-data; name="a"';
  const refused: Readonly<Record<string, readonly [string, ...(readonly string[])]>> = {
    "no disposition": ["400 E_HTTP_BODY_MALFORMED", "Content-Type: text/plain"],
    "another disposition": ["400 E_HTTP_BODY_MALFORMED", 'Content-Disposition: attachment; name="a"'],
    "a disposition that begins alike": ["400 E_HTTP_BODY_MALFORMED", 'Content-Disposition: form-data2; name="a"'],
    "no name": ["400 E_HTTP_BODY_MALFORMED", "Content-Disposition: form-data"],
    "a name that does not end": ["400 E_HTTP_BODY_MALFORMED", 'Content-Disposition: form-data; name="a'],
    "a name twice": ["400 E_HTTP_BODY_MALFORMED", 'Content-Disposition: form-data; name="a"; NAME="b"'],
    "something behind the name": ["400 E_HTTP_BODY_MALFORMED", 'Content-Disposition: form-data; name="a" b'],
    "only an extended file name": ["400 E_HTTP_BODY_MALFORMED", `${good}; filename*=UTF-8''b`],
    "the disposition twice": ["400 E_HTTP_BODY_MALFORMED", good, good],
    "the type twice": ["400 E_HTTP_BODY_MALFORMED", good, "Content-Type: a/b", "content-type: c/d"],
    "a folded line": ["400 E_HTTP_BODY_MALFORMED", "Content-Disposition: form-data;", ' name="a"'],
    "a bare carriage return": ["400 E_HTTP_BODY_MALFORMED", good.replace("a", "a\r")],
    "a bare line feed": ["400 E_HTTP_BODY_MALFORMED", `${good}\nX: y`],
    "a NUL": ["400 E_HTTP_BODY_MALFORMED", good.replace('"a"', '"a\u0000"')],
    "a blank before the colon": ["400 E_HTTP_BODY_MALFORMED", good.replace(":", " :")],
    "a line without a colon": ["400 E_HTTP_BODY_MALFORMED", good, "hello"],
    "an empty line": ["400 E_HTTP_BODY_MALFORMED", "", good],
    "too many lines": ["413 E_HTTP_MULTIPART_LIMIT_EXCEEDED", good, "A: 1", "B: 1", "C: 1", "D: 1"],
    "a name too long": ["413 E_HTTP_MULTIPART_LIMIT_EXCEEDED", good.replace('"a"', `"${"é".repeat(65)}"`)],
    "a transfer encoding": ["415 E_HTTP_PART_UNSUPPORTED", good, "Content-Transfer-Encoding: base64"],
    "parts of its own": ["415 E_HTTP_PART_UNSUPPORTED", good, "Content-Type: multipart/mixed; boundary=x"],
    "a charset that is not UTF-8": ["415 E_HTTP_BODY_CHARSET_UNSUPPORTED", good, "Content-Type: text/plain; charset=utf-16"],
  };
  for (const [what, [code, ...lines]] of Object.entries(refused)) {
    it(`lesson: CVE-2025-7338: is refused with ${what}`, () => assert.equal(codeOf(...lines), code));
  }

  it("is refused when it is not UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from('Content-Disposition: form-data; name="'), Buffer.from([0xff]), Buffer.from('"')]);
    assert.throws(() => parsePartHead(bytes, limitsOf()), { code: "E_HTTP_BODY_MALFORMED" });
  });

  it("may name a transfer encoding that changes nothing", () => {
    for (const encoding of ["7bit", "8BIT", "binary"])
      assert.equal(codeOf(good, `Content-Transfer-Encoding: ${encoding}`), "taken");
  });

  it("gives back any name that is quoted (property)", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !/[\u0000-\u001f\u007f]|%22/.test(text)),
        (name) => {
          const quoted = name.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
          assert.equal(disposition(`; name="${quoted}"`).name, name);
        },
      ),
    );
  });

  it("of 8 KB of blanks, quotes or backslashes is judged at once", () => {
    for (const filler of [" ", "\t", '"', "\\", ";", "; a", "%22", 'a="b";']) {
      const times = Array.from({ length: 5 }, () => {
        const started = performance.now();
        codeOf(`Content-Disposition: form-data${filler.repeat(8_000 / filler.length)}`);
        codeOf(`Content-Disposition: form-data; name="${filler.repeat(8_000 / filler.length)}`);
        return performance.now() - started;
      });
      // The best of them: the machine may be busy with something else.
      assert.ok(Math.min(...times) < 50, JSON.stringify(filler));
    }
  });
});
