import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hidesSeparator, safeSegments } from "#src/http/files/safe-path";

describe("a path below a folder", () => {
  it("is the names that it consists of", () => {
    assert.deepEqual(safeSegments("a"), ["a"]);
    assert.deepEqual(safeSegments("a/b c/größe.min.js"), ["a", "b c", "größe.min.js"]);
    for (const path of [
      "console.js",
      "nullable",
      "auxiliary/x",
      "com10",
      "comet.css",
      "a..b",
      "100%",
      "~",
      "a~1",
      "x".repeat(255),
    ])
      assert.notEqual(safeSegments(path), null, path);
  });

  for (const path of [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "...",
    ".env",
    ".git/config",
    "a/.htpasswd",
    "a\\b",
    "..\\a",
    "a\0.js",
    "a\nb",
    "a\u007f",
    "C:",
    "C:/a",
    "a.js:stream",
    "a::$DATA",
    "con",
    "CON.txt",
    "nul",
    "NUL .js",
    "aux.html",
    "com1",
    "COM\u00b9.js",
    "lpt9.x.y",
    "conin$",
    "a.",
    "a ",
    "a./b",
    "x".repeat(256),
    "é".repeat(128),
    "\ud800",
  ]) {
    it(`is not ${JSON.stringify(path.slice(0, 20))}`, () => assert.equal(safeSegments(path), null));
  }

  it("never leads out of the folder, whatever it is made of (property)", () => {
    const piece = fc.constantFrom("/", "..", ".", "\\", "a", "%2e", "\0", ":", " ", "~");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const segments = safeSegments(pieces.join(""));
        if (segments === null) return;
        const { pathname } = new URL(segments.map(encodeURIComponent).join("/"), "file:///root/");
        assert.ok(pathname.startsWith("/root/") && pathname.length > "/root/".length);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a path as it was received", () => {
  it("hides a separator in an escape", () => {
    for (const path of ["/a%2fb", "/a%2Fb", "/a%5cb", "/%5C..", "/a%00.js"]) assert.equal(hidesSeparator(path), true, path);
    for (const path of ["/a/b", "/a%20b", "/a%252fb", "/a%2e"]) assert.equal(hidesSeparator(path), false, path);
  });
});
