import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ByteCollector, collectBytes } from "#src/http/body/byte-collector";

describe("collected bytes", () => {
  it("are all the pieces in their order, however they were cut (property)", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 12 }), (pieces) => {
        const collector = new ByteCollector();
        for (const piece of pieces) collector.add(piece);
        assert.deepEqual(collector.bytes(), Buffer.concat(pieces));
        assert.equal(collector.length, Buffer.concat(pieces).length);
      }),
    );
  });

  it("hold no piece: what a caller does with its buffer afterwards is its own business", async () => {
    const piece = Buffer.from("abc");
    const bytes = await collectBytes(
      (async function* () {
        yield piece;
        piece.fill("x");
        yield Buffer.from("d");
      })(),
    );
    assert.equal(bytes.toString(), "abcd");
  });

  it("cost little more than themselves when they come one at a time", () => {
    const collector = new ByteCollector();
    const byte = Buffer.from("a");
    for (let count = 0; count < 100_000; count++) collector.add(byte);
    assert.ok(collector.bytes().buffer.byteLength <= 2 * 131_072);
  });
});
