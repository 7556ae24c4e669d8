import { closeSync, constants, fstatSync, openSync, write, writeSync } from "node:fs";
import { Socket } from "node:net";
import { toError } from "../core/mod.ts";
import { errors } from "./errors.ts";

/** Readable by the owner and the group: logs are nobody else's business. */
const MODE = 0o640;
const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants;

/**
 * Something to write bytes to, without ever waiting for a reader.
 *
 * A pipe, socket or terminal is made non-blocking and written to directly: the kernel takes what it has room for and refuses the rest.
 * Asynchronous writes would not do: one that waits in the thread pool for a stalled pipe cannot be called back, and the process
 * can then not even exit (seen on Node 26). A regular file has no reader to wait for, but its disk may be slow: there the thread pool does.
 */
export class FdTarget {
  readonly #path: string | undefined;
  #fd: number;
  #owned: boolean;
  #isFile: boolean;

  /** @throws E_LOG_SINK_OPEN_FAILED */
  constructor(target: number | string) {
    try {
      if (typeof target === "string") {
        this.#path = target;
        this.#fd = openPath(target);
        this.#owned = true;
        this.#isFile = fstatSync(this.#fd).isFile();
        return;
      }
      this.#isFile = fstatSync(target).isFile();
      const reopened = this.#isFile ? undefined : reopenNonBlocking(target);
      this.#fd = reopened ?? target;
      this.#owned = reopened !== undefined;
      if (reopened === undefined && !this.#isFile) makeNonBlocking(target);
    } catch (thrown) {
      const cause = toError(thrown);
      throw errors.SINK_OPEN_FAILED({ target: String(target), reason: cause.message }, { cause });
    }
  }

  /** Whether {@link write} is the way; else {@link writeSync} does not wait. */
  get isFile(): boolean {
    return this.#isFile;
  }

  /** Bytes in the file. */
  get size(): number {
    return fstatSync(this.#fd).size;
  }

  /** Returns how many bytes were taken. Throws what the system says, EAGAIN when there is no room now. */
  writeSync(bytes: Buffer, offset: number): number {
    return writeSync(this.#fd, bytes, offset, bytes.length - offset);
  }

  write(bytes: Buffer, offset: number, done: (error: NodeJS.ErrnoException | null, written: number) => void): void {
    write(this.#fd, bytes, offset, bytes.length - offset, null, done);
  }

  /** Opens the path again, after another process has moved the file away. Nothing may be under way. Throws, and keeps what it has. */
  reopen(): void {
    if (this.#path === undefined) return;
    const fresh = openPath(this.#path);
    closeSync(this.#fd);
    this.#fd = fresh;
    this.#isFile = fstatSync(fresh).isFile();
  }

  close(): void {
    if (!this.#owned) return;
    this.#owned = false;
    closeSync(this.#fd);
  }
}

/** Non-blocking so that a FIFO without a reader is refused instead of waited for. */
function openPath(path: string): number {
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, MODE);
}

/** A second description of the same pipe or terminal, so that the first stays as other processes expect it. Linux; not for sockets. */
function reopenNonBlocking(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** Node has no fcntl, but a socket put on a descriptor makes it non-blocking. A terminal refuses, and is fast enough. */
function makeNonBlocking(fd: number): void {
  try {
    new Socket({ fd, readable: false, writable: true }).unref();
  } catch {
    // A blocking terminal it is.
  }
}
