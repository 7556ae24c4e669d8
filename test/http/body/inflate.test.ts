import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { brotliCompressSync, constants, createGunzip, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { isPlinthError } from "#src/core/mod";
import { collectBytes } from "#src/http/body/byte-collector";
import { CONTENT_ENCODINGS, type ContentEncoding } from "#src/http/body/content-encoding";
import { inflateBody } from "#src/http/body/inflate";

const compress: Readonly<Record<ContentEncoding, (bytes: Uint8Array) => Buffer>> = {
  // At its best, a hundred times slower, it packs no tighter what is all the same.
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  deflate: deflateSync,
  gzip: gzipSync,
  zstd: zstdCompressSync,
};

/** A source that notes how far it was read, and that it was closed. */
function sourceOf(chunks: Iterable<Uint8Array>): AsyncIterable<Uint8Array> & { taken: number; closed: boolean } {
  const source = {
    taken: 0,
    closed: false,
    async *[Symbol.asyncIterator]() {
      try {
        for (const chunk of chunks) {
          source.taken += chunk.byteLength;
          yield chunk;
        }
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}

function* piecesOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function codeOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  try {
    await collectBytes(body);
    return "taken";
  } catch (thrown) {
    return isPlinthError(thrown) ? thrown.code : String(thrown);
  }
}

/** Where all four decompressions of Node have their end from. */
function zlibPrototype(): { _destroy(): void } {
  let prototype = createGunzip() as object;
  while (!Object.hasOwn(prototype, "_destroy")) prototype = Object.getPrototypeOf(prototype) as object;
  return prototype as { _destroy(): void };
}

const text = Buffer.from(JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id, name: `name ${id * 7919}` }))));

describe("a compressed body", () => {
  for (const encoding of CONTENT_ENCODINGS) {
    it(`is what was compressed, however it was cut: ${encoding} (property)`, async () => {
      const small = fc.tuple(fc.uint8Array({ maxLength: 3_000 }), fc.integer({ min: 1, max: 400 }));
      await fc.assert(
        fc.asyncProperty(small, async ([bytes, size]) => {
          const source = sourceOf(piecesOf(compress[encoding](bytes), size));
          assert.deepEqual(await collectBytes(inflateBody(source, encoding, 3_000)), Buffer.from(bytes));
          assert.equal(source.closed, true);
        }),
        { numRuns: 30 },
      );
    });

    it(`is malformed when it is cut at any byte, or has anything behind it: ${encoding}`, async () => {
      const whole = compress[encoding](Buffer.from('{"a":"hello hello hello"}'));
      for (let cut = 0; cut < whole.length; cut++) {
        const body = inflateBody(sourceOf([whole.subarray(0, cut)]), encoding, 1_000);
        assert.equal(await codeOf(body), "E_HTTP_BODY_MALFORMED", `cut at ${cut}`);
      }
      for (const tail of [Buffer.alloc(1), Buffer.from("xyz")]) {
        const together = inflateBody(sourceOf([Buffer.concat([whole, tail])]), encoding, 1_000);
        assert.equal(await codeOf(together), "E_HTTP_BODY_MALFORMED", "behind it in one chunk");
        assert.equal(await codeOf(inflateBody(sourceOf([whole, tail]), encoding, 1_000)), "E_HTTP_BODY_MALFORMED", "in the next");
      }
      assert.equal(await codeOf(inflateBody(sourceOf([Buffer.from("no such thing")]), encoding, 1_000)), "E_HTTP_BODY_MALFORMED");
    });

    it(`is as large as the limit allows, counted as it comes out: ${encoding}`, async () => {
      const bytes = compress[encoding](text);
      assert.equal(await codeOf(inflateBody(sourceOf([bytes]), encoding, text.length)), "taken");
      assert.equal(await codeOf(inflateBody(sourceOf([bytes]), encoding, text.length - 1)), "E_HTTP_BODY_TOO_LARGE");
    });

    it(`lesson: CVE-2024-22025: that is a bomb is cut early, and read no further: ${encoding}`, async () => {
      const bomb = compress[encoding](Buffer.alloc(64 * 1_048_576));
      const source = sourceOf(piecesOf(bomb, 256));
      assert.equal(await codeOf(inflateBody(source, encoding, 1_048_576)), "E_HTTP_BODY_TOO_LARGE");
      assert.equal(source.closed, true);
      assert.ok(source.taken <= Math.max(256, bomb.length / 10), `${source.taken} of ${bomb.length} bytes were taken`);
      assert.equal(
        await codeOf(inflateBody(sourceOf(piecesOf(bomb, 256)), encoding, 1_073_741_824)),
        "E_HTTP_BODY_RATIO_EXCEEDED",
      );
    });
  }

  it("fails again for who reads on", async () => {
    const body = inflateBody(sourceOf([gzipSync(text)]), "gzip", 10);
    assert.deepEqual([await codeOf(body), await codeOf(body)], ["E_HTTP_BODY_TOO_LARGE", "E_HTTP_BODY_TOO_LARGE"]);
  });

  it("that its reader leaves, or whose source fails, ends its decompression at once", async (t) => {
    const ended = t.mock.method(zlibPrototype(), "_destroy");
    for (const encoding of CONTENT_ENCODINGS) {
      const bytes = compress[encoding](text);
      ended.mock.resetCalls();
      for await (const chunk of inflateBody(sourceOf(piecesOf(bytes, 100)), encoding, text.length)) {
        assert.ok(chunk.byteLength > 0);
        break;
      }
      assert.equal(ended.mock.callCount(), 1, `${encoding}: the reader left`);
      const failing = (async function* (): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 50);
        throw new TypeError("cable");
      })();
      assert.equal(await codeOf(inflateBody(failing, encoding, text.length)), "TypeError: cable");
      assert.equal(ended.mock.callCount(), 2, `${encoding}: the source failed`);
    }
  });

  it("in several gzip members is all of them (RFC 1952)", async () => {
    const twice = Buffer.concat([gzipSync("ab"), gzipSync("cd")]);
    assert.equal((await collectBytes(inflateBody(sourceOf([twice]), "gzip", 10))).toString(), "abcd");
  });

  it("is no raw deflate, and no zstd with a window that only a huge memory holds (RFC 9659)", async () => {
    assert.equal(await codeOf(inflateBody(sourceOf([deflateRawSync(text)]), "deflate", 100_000)), "E_HTTP_BODY_MALFORMED");
    const wide = zstdCompressSync(Buffer.alloc(9 * 1_048_576), {
      params: { [constants.ZSTD_c_windowLog]: 24, [constants.ZSTD_c_contentSizeFlag]: 0 },
    });
    assert.equal(await codeOf(inflateBody(sourceOf([wide]), "zstd", 1_073_741_824)), "E_HTTP_BODY_MALFORMED");
  });
});
