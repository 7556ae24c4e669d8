import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mediaTypeOf } from "#src/http/files/media-type-of";

describe("the media type of a file", () => {
  it("goes by the end of its name, whatever its case", () => {
    for (const [name, type] of [
      ["a.html", "text/html; charset=utf-8"],
      ["a.JS", "text/javascript; charset=utf-8"],
      ["a.min.css", "text/css; charset=utf-8"],
      ["a.json", "application/json"],
      ["a.png", "image/png"],
      ["a.svg", "image/svg+xml"],
      ["a.woff2", "font/woff2"],
      ["a.pdf", "application/pdf"],
      ["a.tar.gz", "application/gzip"],
    ] as const)
      assert.equal(mediaTypeOf(name), type, name);
  });

  it("is a lump of bytes when that is not known, and never more than text", () => {
    for (const name of [
      "",
      "a",
      "js",
      ".js",
      "a.",
      "a.nonsense",
      "a.__proto__",
      "a.constructor",
      "a.toString",
      "a.js ",
      "a.js\0",
    ])
      assert.equal(mediaTypeOf(name), "application/octet-stream", JSON.stringify(name));
  });
});
