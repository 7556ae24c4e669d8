import { isPlinthError } from "#src/core/mod";
import type { MultipartLimits } from "#src/http/multipart/declaration";
import { type PartLimits, resolveParts } from "#src/http/multipart/settings";

export const BOUNDARY = "----boundary7MA4YWxk";

/** One part as it stands in a body: header lines, and content. */
export interface RawPart {
  readonly headers: readonly string[];
  readonly content: string | Uint8Array;
}

/** A body of parts, byte for byte. */
export function bodyOf(parts: readonly RawPart[], boundary = BOUNDARY): Buffer {
  const pieces = parts.flatMap(({ headers, content }) => [
    Buffer.from(`--${boundary}\r\n${headers.join("\r\n")}\r\n\r\n`),
    typeof content === "string" ? Buffer.from(content) : content,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

export function field(name: string, content: string | Uint8Array): RawPart {
  return { headers: [`Content-Disposition: form-data; name="${name}"`], content };
}

export function file(name: string, filename: string, content: string | Uint8Array, type = "application/octet-stream"): RawPart {
  return {
    headers: [`Content-Disposition: form-data; name="${name}"; filename="${filename}"`, `Content-Type: ${type}`],
    content,
  };
}

/** A request's init that carries a body of this boundary. */
export function multipartInit(body: Uint8Array, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return {
    method: "POST",
    body: Buffer.from(body),
    headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
  };
}

/** Bytes in chunks of a size, as a source that notes whether it was let go. */
export function chunked(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> & { closed: boolean } {
  const source = {
    closed: false,
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      try {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}

export function limitsOf(limits: MultipartLimits = {}): PartLimits {
  return resolveParts(undefined, limits).limits;
}

/** The code of what a promise fails with; `taken` when it does not. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "taken";
  } catch (thrown) {
    return isPlinthError(thrown) ? thrown.code : String(thrown);
  }
}
