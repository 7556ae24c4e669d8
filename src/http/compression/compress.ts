import { promisify } from "node:util";
import type Zlib from "node:zlib";
import type { Coding } from "./coding.ts";

/** Longer bodies are compressed in the thread pool. Up to here that would cost more time on the event loop than it saves (50 µs). Bytes. */
const MAX_SYNC = 16_384;

/** A stream that bytes are written to, and read from shorter. */
export interface Compressor {
  readonly stream: Zlib.Gzip | Zlib.BrotliCompress | Zlib.ZstdCompress;
  /** How it gives out all that it was given so far. */
  readonly flushKind: number;
}

interface Method {
  readonly sync: (body: string | Uint8Array) => Buffer;
  readonly async: (body: string | Uint8Array) => Promise<Buffer>;
  readonly create: () => Compressor;
}

// perf: loaded when the first answer is compressed. It costs every thread 4 to 15 ms and 2 to 5 MB (Node 26.10, November 2026).
let methods: Readonly<Record<Coding, Method>> | null = null;

function methodOf(coding: Coding): Method {
  return (methods ??= createMethods())[coding];
}

// perf: the lowest level of each. A higher one makes JSON 5 to 15 % smaller for three to five times the time
// (November 2026, in docs/decisions/0007-compression.md).
function createMethods(): Readonly<Record<Coding, Method>> {
  const zlib: typeof Zlib = process.getBuiltinModule("node:zlib");
  const { constants } = zlib;
  const gzip: Zlib.ZlibOptions = { level: 1 };
  const brotli: Zlib.BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const zstd: Zlib.ZstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
  const gzipLater = promisify<string | Uint8Array, Zlib.ZlibOptions, Buffer>(zlib.gzip);
  const brotliLater = promisify<string | Uint8Array, Zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
  const zstdLater = promisify<string | Uint8Array, Zlib.ZstdOptions, Buffer>(zlib.zstdCompress);
  return {
    gzip: {
      sync: (body) => zlib.gzipSync(body, gzip),
      async: (body) => gzipLater(body, gzip),
      create: () => ({ stream: zlib.createGzip(gzip), flushKind: constants.Z_SYNC_FLUSH }),
    },
    br: {
      sync: (body) => zlib.brotliCompressSync(body, brotli),
      async: (body) => brotliLater(body, brotli),
      create: () => ({ stream: zlib.createBrotliCompress(brotli), flushKind: constants.BROTLI_OPERATION_FLUSH }),
    },
    zstd: {
      sync: (body) => zlib.zstdCompressSync(body, zstd),
      async: (body) => zstdLater(body, zstd),
      create: () => ({ stream: zlib.createZstdCompress(zstd), flushKind: constants.ZSTD_e_flush }),
    },
  };
}

/** Compresses a whole body, a long one beside the event loop. @param length its bytes */
export function compressBody(body: string | Uint8Array, length: number, coding: Coding): Buffer | Promise<Buffer> {
  const method = methodOf(coding);
  return length <= MAX_SYNC ? method.sync(body) : method.async(body);
}

export function createCompressor(coding: Coding): Compressor {
  return methodOf(coding).create();
}
