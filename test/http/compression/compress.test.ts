import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CODINGS } from "#src/http/compression/coding";
import { compressBody } from "#src/http/compression/compress";
import { decompress } from "./decompress.ts";

describe("a whole body", () => {
  for (const coding of CODINGS) {
    it(`comes back from ${coding}, short or long`, async () => {
      for (const text of ["", "é", "ab".repeat(8_192), "日本語 ".repeat(100_000)]) {
        const compressed = await compressBody(text, Buffer.byteLength(text), coding);
        assert.equal(decompress(compressed, coding).toString(), text);
      }
    });
  }

  it("of more than 16 KB does not keep the event loop", () => {
    assert.ok(compressBody("a".repeat(16_384), 16_384, "zstd") instanceof Buffer);
    assert.ok(compressBody("a".repeat(16_385), 16_385, "zstd") instanceof Promise);
  });
});
