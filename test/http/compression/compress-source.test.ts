import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CODINGS } from "#src/http/compression/coding";
import { compressSource } from "#src/http/compression/compress-source";
import { type OpenSource, openSource } from "#src/http/pipeline/stream-source";
import { gate } from "../support.ts";
import { createDecompressor, decompress } from "./decompress.ts";

async function read(source: OpenSource): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await source.next();
    if (done === true) return Buffer.concat(chunks);
    chunks.push(Buffer.from(value));
  }
}

for (const coding of CODINGS) {
  describe(`a stream in ${coding}`, () => {
    it("is what it was, however it is cut (property)", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 30 }),
          fc.nat({ max: 2_000 }),
          async (parts, times) => {
            const texts = parts.map((part) => part.repeat(times));
            const bytes = await read(compressSource(openSource(Readable.from(texts, { objectMode: true })), coding));
            assert.equal(decompress(bytes, coding).toString(), texts.join("").toWellFormed());
          },
        ),
        { numRuns: 30 },
      );
    });

    it("gives each event before the next one is there", async () => {
      const gates = [gate(), gate(), gate()];
      const source = compressSource(
        openSource(
          (async function* () {
            for (const [index, { opened }] of gates.entries()) {
              await opened;
              yield `data: ${index}\n\n`;
            }
          })(),
        ),
        coding,
      );
      const decompressor = createDecompressor(coding);
      let seen = "";
      decompressor.on("data", (chunk: Buffer) => void (seen += chunk.toString()));
      for (const [index, { open }] of gates.entries()) {
        open();
        while (!seen.includes(`data: ${index}\n\n`)) {
          const { done, value } = await source.next();
          assert.notEqual(done, true);
          await new Promise((resolve) => decompressor.write(value, resolve));
          await new Promise(setImmediate); // its data is told behind its taking
        }
      }
      while ((await source.next()).done !== true);
      assert.equal(seen, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
      decompressor.destroy();
    });

    it("that breaks off does not look whole", async () => {
      const source = compressSource(
        openSource(
          (async function* () {
            yield "x".repeat(100_000);
            throw new Error("the cable was pulled");
          })(),
        ),
        coding,
      );
      await assert.rejects(read(source), /the cable was pulled/);
    });
  });
}

describe("a compressed stream", () => {
  it("is not begun before it is read", () => {
    let begun = false;
    const source = compressSource({ next: () => ((begun = true), new Promise(() => {})), close: () => undefined }, "gzip");
    assert.equal(begun, false);
    source.close();
  });

  it("reads no more of its source than its reader takes", async () => {
    let given = 0;
    // Bytes that cannot be made shorter.
    const noise = Buffer.from(
      Array.from({ length: 65_536 }, (_, index) => Math.imul(index * index + index, 2_654_435_761) >>> 24),
    );
    const source = compressSource(
      { next: () => Promise.resolve({ done: false, value: (given++, noise) }), close: () => undefined },
      "gzip",
    );
    await source.next();
    let before = -1;
    while (before !== given) {
      before = given;
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    }
    assert.ok(given < 20, `${given} chunks of 64 KB were taken`);
    source.close();
  });

  it("CVE-2023-26108: closes its source while that is silent, and while it is read", async () => {
    for (const values of [[], ["a"], ["a".repeat(100_000), "b"]]) {
      const closed = gate();
      const source = compressSource(
        openSource(
          new ReadableStream<Uint8Array>({
            start: (controller) => values.forEach((value) => controller.enqueue(Buffer.from(value))),
            cancel: () => closed.open(),
          }),
        ),
        "zstd",
      );
      const next = source.next().catch(() => undefined);
      await new Promise(setImmediate);
      source.close();
      await closed.opened;
      await next;
    }
  });
});
