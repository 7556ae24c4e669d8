import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cleanFilename } from "#src/http/multipart/filename";

describe("a client's file name", () => {
  it("is its last segment", () => {
    assert.equal(cleanFilename("a.txt"), "a.txt");
    assert.equal(cleanFilename("C:\\Users\\me\\a.txt"), "a.txt");
    assert.equal(cleanFilename("folder/a.txt"), "a.txt");
    assert.equal(cleanFilename(" naïve file (1).tar.gz "), "naïve file (1).tar.gz");
  });

  it("lesson: CVE-2026-21440: never names another place", () => {
    for (const text of [
      "../../etc/passwd",
      "..\\..\\boot.ini",
      "/etc/passwd",
      "a/../../b",
      "..",
      ".",
      "../",
      "a/..",
      "\\\\host\\share\\x",
      "..\u0000/x",
    ]) {
      const name = cleanFilename(text);
      assert.doesNotMatch(name, /[/\\\u0000]/, text);
      assert.ok(name !== ".." && name !== ".", text);
    }
  });

  it("has nothing in it that cannot be seen, and one spelling", () => {
    assert.equal(cleanFilename("photo\u202egnp.exe"), "photognp.exe");
    assert.equal(cleanFilename("a\r\nb\u0000\u200b\ufeff\u2028c"), "abc");
    assert.equal(cleanFilename("e\u0301"), "é");
    assert.equal(cleanFilename("a\ud800b"), "ab");
  });

  it("is at most 255 bytes, and keeps its extension", () => {
    const long = cleanFilename(`${"é".repeat(300)}.jpeg`);
    assert.ok(Buffer.byteLength(long) <= 255);
    assert.match(long, /^é+\.jpeg$/);
    assert.ok(Buffer.byteLength(cleanFilename("a".repeat(1_000))) === 255);
    assert.ok(Buffer.byteLength(cleanFilename(`a.${"b".repeat(1_000)}`)) === 255);
  });

  it("stays what it is when it is cleaned again (property)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const name = cleanFilename(text);
        assert.equal(cleanFilename(name), name);
        assert.ok(Buffer.byteLength(name) <= 255);
        assert.doesNotMatch(name, /[/\\\p{Cc}]/u);
      }),
    );
  });
});
