import { type Hash, createHash, hash } from "node:crypto";
import type { BodyStream } from "../contract.ts";
import type { FormFile, FormPart, PartStream } from "../multipart/declaration.ts";
import { keepError } from "../pipeline/body-stream.ts";

/** The digest of no bytes. */
export const EMPTY_DIGEST: string = hash("sha256", "");

/** SHA-256 of a request's body, in hex, known once it was read to its end. */
export class BodyDigest {
  readonly #hash: Hash = createHash("sha256");
  #partial = false;
  value: string | undefined = undefined;

  update(chunk: Uint8Array | string): void {
    this.#hash.update(chunk);
  }

  /** A piece of the body was not read: what the whole is will never be known. */
  skip(): void {
    this.#partial = true;
  }

  end(): void {
    if (!this.#partial && this.value === undefined) this.value = this.#hash.digest("hex");
  }
}

/** The same stream, hashed as it is read. */
export function digestStream(source: BodyStream, digest: BodyDigest): BodyStream {
  return keepError(readBytes(source, digest));
}

async function* readBytes(source: BodyStream, digest: BodyDigest): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    digest.update(chunk);
    yield chunk;
  }
  digest.end();
}

/**
 * The same parts, hashed as they are read. What stands between parts is left out: clients draw another boundary for each attempt, and
 * mean the same form by it.
 */
export function digestParts(parts: PartStream, digest: BodyDigest): PartStream {
  return keepError(readParts(parts, digest));
}

async function* readParts(parts: PartStream, digest: BodyDigest): AsyncGenerator<FormPart> {
  for await (const part of parts) {
    if (part.kind === "field") {
      digest.update(framed("field", part.name, part.value));
      yield part;
      continue;
    }
    const content = new BodyDigest();
    digest.update(framed("file", part.name, part.filename, part.declaredType));
    yield withStream(part, digestStream(part.stream, content));
    // Read by now, or skipped: asking for the next part passes over what is left of this one.
    if (content.value === undefined) digest.skip();
    else digest.update(content.value);
  }
  digest.end();
}

function withStream(part: FormFile, stream: AsyncIterable<Uint8Array>): FormFile {
  return { ...part, stream };
}

/** Texts that cannot be told apart by where one ends only. */
function framed(...texts: readonly string[]): string {
  return JSON.stringify(texts);
}
