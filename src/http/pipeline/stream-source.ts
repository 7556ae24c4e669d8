import type { StreamSource } from "../contract.ts";
import type { FileSource } from "../files/file-source.ts";
import type { EventsDeclaration } from "../live/events-declaration.ts";
import { Reply } from "../reply.ts";
import { isReadableStream, isResponse } from "../web-value.ts";

/** A stream source being read, whatever kind it is. */
export interface OpenSource {
  next(): Promise<IteratorResult<Uint8Array | string, unknown>>;
  /** Ends the source for good, also while a chunk is awaited. Never throws. */
  close(): void;
}

/** Whether an answer's body comes as a stream. */
export function isOpenSource(body: string | Uint8Array | OpenSource | null): body is OpenSource {
  return typeof body === "object" && body !== null && !(body instanceof Uint8Array);
}

/**
 * Starts reading a source. `for await` would do but for one thing: it cannot let go of a source that is waiting for its next chunk,
 * and a source kept open after its client has left is a leak (lesson: CVE-2023-26108).
 *
 * @throws TypeError when somebody else reads it already
 */
export function openSource(source: StreamSource): OpenSource {
  if (isReadableStream(source)) {
    const reader = source.getReader();
    return { next: () => reader.read(), close: () => void reader.cancel().catch(ignore) };
  }
  const iterator = source[Symbol.asyncIterator]();
  return { next: () => iterator.next(), close: () => void endIterator(source, iterator).catch(ignore) };
}

async function endIterator(source: object, iterator: AsyncIterator<unknown>): Promise<void> {
  // Node's streams: their iterator waits for the chunk under way, destroy() does not.
  if ("destroy" in source && typeof source.destroy === "function") source.destroy();
  await iterator.return?.();
}

/** The source, failing when it has more or fewer bytes than it said: its answer must not run into the next one on the connection. */
export function holdToLength(source: OpenSource, length: number): OpenSource {
  let bytes = 0;
  return {
    close: () => source.close(),
    async next() {
      const result = await source.next();
      if (result.done !== true) bytes += Buffer.byteLength(result.value);
      if (bytes > length || (result.done === true && bytes < length)) {
        throw new RangeError(
          `A stream that was to have ${length} bytes has ${result.done === true ? "only" : "at least"} ${bytes}.`,
        );
      }
      return result;
    },
  };
}

/** Ends a source that nobody has begun to read. */
export function closeSource(source: StreamSource): void {
  try {
    openSource(source).close();
  } catch {
    // Somebody else reads it: it is theirs to end.
  }
}

/** Ends the stream or file in what a handler returned, when it is not going to be sent. */
export function discardResult(result: unknown): void {
  if (result instanceof Reply && result.kind === "file") return (result.value as FileSource).close?.();
  const source = isResponse(result) ? result.body : result instanceof Reply ? sourceOf(result) : null;
  if (source !== null) closeSource(source as StreamSource);
}

function sourceOf({ kind, value }: Reply): unknown {
  if (kind === "stream") return value;
  return kind === "events" ? (value as EventsDeclaration).source : null;
}

function ignore(): void {}
