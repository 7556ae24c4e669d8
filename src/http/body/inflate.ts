import type { Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { BodyStream } from "../contract.ts";
import { errors } from "../errors.ts";
import { keepError } from "../pipeline/body-stream.ts";
import type { ContentEncoding } from "./content-encoding.ts";

/** A body may grow this many times larger: text does not, bombs do. Apache's `mod_deflate` has the same bound. */
const MAX_RATIO = 200;
/** Below this size any ratio is harmless. */
const RATIO_FREE_BYTES = 1_048_576;
/** RFC 9659: what a sender of `Content-Encoding: zstd` may ask for. The library would allow 128 MB. */
const ZSTD_WINDOW_LOG = 23;

/** How far the engine has come. Node's types leave it out of the stream that all four share. */
interface Engine extends Transform {
  readonly bytesWritten: number;
}

const ENGINES: Readonly<Record<ContentEncoding, () => Transform>> = {
  br: () => createBrotliDecompress(),
  deflate: () => createInflate(),
  gzip: () => createGunzip(),
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
};

/**
 * Decompresses a body while it comes: no more than a few chunks are ever held. The limit counts what comes out; whoever gave the
 * source has counted what goes in.
 *
 * @param limit bytes that may come out
 * @throws E_HTTP_BODY_TOO_LARGE, E_HTTP_BODY_RATIO_EXCEEDED, E_HTTP_BODY_MALFORMED, and what the source throws
 */
export function inflateBody(source: BodyStream, encoding: ContentEncoding, limit: number): BodyStream {
  return keepError(inflate(source, encoding, limit));
}

async function* inflate(source: BodyStream, encoding: ContentEncoding, limit: number): AsyncGenerator<Uint8Array> {
  const inflater = new Inflater(encoding);
  let bytesOut = 0;
  const count = (chunk: Buffer): Buffer => {
    bytesOut += chunk.length;
    if (bytesOut > limit) throw errors.BODY_TOO_LARGE({ limit });
    if (bytesOut > RATIO_FREE_BYTES && bytesOut > inflater.bytesIn * MAX_RATIO)
      throw errors.BODY_RATIO_EXCEEDED({ ratio: MAX_RATIO });
    return chunk;
  };
  try {
    for await (const chunk of source) {
      inflater.write(chunk);
      for (let out = await inflater.read(); out !== null; out = await inflater.read()) yield count(out);
    }
    inflater.end();
    for (let out = await inflater.read(); out !== null; out = await inflater.read()) yield count(out);
  } finally {
    inflater.destroy();
  }
}

/**
 * One decompression that is pulled: what is written has come out before more is written, so nothing waits in it when the reader
 * stops, and no task of its own outlives the reader.
 */
class Inflater {
  readonly #engine: Engine;
  readonly #encoding: ContentEncoding;
  #settled = true;
  #ended = false;
  #failure: Error | null = null;
  #wake: () => void = ignore;
  bytesIn = 0;

  constructor(encoding: ContentEncoding) {
    this.#encoding = encoding;
    this.#engine = ENGINES[encoding]() as Engine;
    this.#engine.on("readable", () => this.#wake());
    this.#engine.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#engine.on("error", (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  write(chunk: Uint8Array): void {
    this.bytesIn += chunk.byteLength;
    if (this.#ended) throw this.#fault("has more behind its end");
    this.#settled = false;
    this.#engine.write(chunk, () => {
      this.#settled = true;
      this.#wake();
    });
  }

  end(): void {
    this.#settled = false;
    this.#engine.end();
  }

  /** The next piece; null when all that was written has come out. */
  async read(): Promise<Buffer | null> {
    for (;;) {
      const chunk = this.#engine.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#failure !== null) throw this.#fault("is damaged or cut short", this.#failure);
      if (this.#ended && this.#engine.bytesWritten < this.bytesIn) throw this.#fault("has more behind its end");
      if (this.#settled || this.#ended) return null;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  destroy(): void {
    this.#engine.destroy();
  }

  #fault(reason: string, cause?: Error): Error {
    return errors.BODY_MALFORMED({ reason: `The ${this.#encoding} data of the body ${reason}.` }, { cause });
  }
}

function ignore(): void {}
