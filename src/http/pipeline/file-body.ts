import type { ByteRange } from "../files/byte-range.ts";
import type { FileSource } from "../files/file-source.ts";
import { isPromise } from "../validation/validate.ts";
import { type OpenSource, holdToLength, openSource } from "./stream-source.ts";

/** Opens one part of a file for sending. The file is closed with it. */
export function openFileSource(file: FileSource, range: ByteRange, signal: AbortSignal): OpenSource | Promise<OpenSource> {
  const opened = file.open({ ...range, signal });
  const hold = (source: typeof opened): OpenSource =>
    closeWith(file, holdToLength(openSource(source as Awaited<typeof opened>), range.end - range.start));
  return isPromise(opened) ? Promise.resolve(opened).then(hold) : hold(opened);
}

/** The source, closing the file when it ends. */
function closeWith(file: FileSource, source: OpenSource): OpenSource {
  let closed = false;
  const closeFile = (): void => {
    if (closed) return;
    closed = true;
    file.close?.();
  };
  return {
    async next() {
      try {
        const result = await source.next();
        if (result.done === true) closeFile();
        return result;
      } catch (thrown) {
        closeFile();
        throw thrown;
      }
    },
    close() {
      source.close();
      closeFile();
    },
  };
}

/** Opens several parts of a file as one `multipart/byteranges` (RFC 9110, section 14.6). @param heads what stands before each part */
export function openFileParts(
  file: FileSource,
  parts: { readonly ranges: readonly ByteRange[]; readonly heads: readonly string[]; readonly tail: string },
  signal: AbortSignal,
): OpenSource {
  let current: OpenSource | null = null;
  let ended = false;
  const generate = async function* (): AsyncGenerator<Uint8Array | string> {
    for (const [index, range] of parts.ranges.entries()) {
      yield parts.heads[index] as string;
      current = holdToLength(openSource(await file.open({ ...range, signal })), range.end - range.start);
      if (ended) return current.close();
      for (;;) {
        const { done, value } = await current.next();
        if (done === true) break;
        yield value;
      }
    }
    yield parts.tail;
  };
  const body = generate();
  const close = (): void => {
    ended = true;
    current?.close();
  };
  return closeWith(file, { next: () => body.next(), close });
}
