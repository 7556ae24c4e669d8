import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** A file's text, why it was refused, or that there is none. */
export type TextFile = { readonly text: string } | { readonly refused: string } | "missing";

/**
 * Reads a small text file whole: UTF-8 without its byte order mark, no NUL. Refuses what is no regular file, so that a pipe cannot hang
 * the boot and a device cannot fill the memory. Synchronous: nothing else runs before the configuration is known.
 *
 * @param limit most bytes allowed
 */
export function readTextFile(path: string, limit: number): TextFile {
  let descriptor: number;
  try {
    // O_NONBLOCK: opening a named pipe without a writer returns at once instead of waiting for one.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    const code = codeOf(thrown);
    return code === "ENOENT" ? "missing" : { refused: `cannot be opened (${code})` };
  }
  try {
    if (!fstatSync(descriptor).isFile()) return { refused: "is not a regular file" };
    return decode(readUpTo(descriptor, limit + 1), limit);
  } catch (thrown) {
    return { refused: `cannot be read (${codeOf(thrown)})` };
  } finally {
    closeSync(descriptor);
  }
}

function readUpTo(descriptor: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let used = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, used, length - used, null);
    used += read;
    if (read === 0 || used === length) return buffer.subarray(0, used);
  }
}

function decode(bytes: Buffer, limit: number): TextFile {
  if (bytes.length > limit) return { refused: `is larger than ${limit / 1_024}kb` };
  if (bytes.includes(0)) return { refused: "holds a NUL byte" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) }; // also removes the byte order mark
  } catch {
    return { refused: "is not UTF-8" };
  }
}

/** The system's error code: its message would quote the path, which may be a secret put into the wrong variable. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown error";
}
