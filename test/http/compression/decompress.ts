import {
  type BrotliDecompress,
  type Gunzip,
  type ZstdDecompress,
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from "node:zlib";
import type { Coding } from "#src/http/compression/coding";

/** What a compressed body is made of. */
export function decompress(bytes: Uint8Array, coding: Coding): Buffer {
  return { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }[coding](bytes);
}

/** Gives what is in compressed bytes as soon as it can be told. */
export function createDecompressor(coding: Coding): Gunzip | BrotliDecompress | ZstdDecompress {
  return { gzip: createGunzip, br: createBrotliDecompress, zstd: createZstdDecompress }[coding]();
}
