import { type BigIntStats, close, constants, fstat, open, read } from "node:fs";
import { promisify } from "node:util";
import type { FilePart, FileSource } from "./file-source.ts";

/** Bytes of one read. */
const CHUNK = 65_536;
/** A file that was written to so short a time ago may be written to again without its times telling (milliseconds). */
const SETTLED_AFTER = 2_000;

// Non-blocking: opening a pipe would otherwise wait in the thread pool until somebody writes to it. Windows knows neither flag.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** What means that there is no such file for us, and not that the disk or the process is in trouble. */
const ABSENT: ReadonlySet<unknown> = new Set([
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "ELOOP",
  "EACCES",
  "EPERM",
  "ENAMETOOLONG",
  "ENODEV",
  "ENXIO",
  "EINVAL",
  "ERR_INVALID_ARG_VALUE",
]);

const openLater = promisify(open) as (path: string, flags: number) => Promise<number>;
const readLater = promisify(read);
const statLater = promisify(fstat);

export interface OpenFileOptions {
  /** Whether a symbolic link as the last part of the path is followed. Default true. */
  readonly followLink?: boolean;
}

/**
 * Opens a file on disk for `reply.file`. It is opened once, and what is said of it is asked of the open file, so that neither a
 * rename nor a deletion meanwhile mixes two files up. Its tag is made of identity, size and times, and is weak as long as the file
 * is younger than two seconds. A file that is written to while it is sent ends its answer early.
 *
 * @returns undefined when there is no regular file at the path that may be read. Hand the file to `reply.file`, or close it.
 * @throws the system's error when the disk fails, or too many files are open
 * @example
 * const file = await openFile(`/srv/reports/${id}.pdf`);
 * return file === undefined ? reply.json(404, { why: "no such report" }) : reply.file(file, { name: "report.pdf" });
 */
export async function openFile(path: string, options: OpenFileOptions = {}): Promise<FileSource | undefined> {
  let descriptor: number;
  try {
    descriptor = await openLater(path, options.followLink === false ? READ | NO_FOLLOW : READ);
  } catch (thrown) {
    if (ABSENT.has((thrown as { code?: unknown }).code)) return undefined;
    throw thrown;
  }
  try {
    const stats = await statLater(descriptor, { bigint: true });
    if (stats.isFile()) return new DiskFile(descriptor, stats);
  } catch (thrown) {
    close(descriptor, ignore);
    throw thrown;
  }
  close(descriptor, ignore);
  return undefined;
}

/** Closes what its holder forgot: a handler that threw in between, an answer in the process that nobody read. */
const forgotten = new FinalizationRegistry<number>((descriptor) => close(descriptor, ignore));

// Not a FileHandle: one that is forgotten ends the process when it is collected.
class DiskFile implements FileSource {
  readonly size: number;
  readonly modified: number;
  readonly etag: string;
  readonly #descriptor: number;
  readonly #stats: BigIntStats;
  /** Work under way. A descriptor that is closed meanwhile may already be another file's when the work begins. */
  #working = 0;
  #closed = false;

  constructor(descriptor: number, stats: BigIntStats) {
    this.#descriptor = descriptor;
    this.#stats = stats;
    this.size = Number(stats.size);
    this.modified = Number(stats.mtimeMs);
    // The time of the last change beside that of the last write: the latter is often set, by those who unpack and copy.
    const tag = [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].map((part) => part.toString(36)).join("-");
    const settled = Date.now() - Math.max(this.modified, Number(stats.ctimeMs)) >= SETTLED_AFTER;
    this.etag = settled ? `"${tag}"` : `W/"${tag}"`;
    forgotten.register(this, descriptor, this);
  }

  async *open({ start, end }: FilePart): AsyncGenerator<Uint8Array> {
    for (let position = start; position < end;) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - position));
      const { bytesRead } = await this.#work((descriptor) => readLater(descriptor, buffer, 0, buffer.length, position));
      position += bytesRead;
      if (bytesRead === 0 || (position === end && (await this.#wasWritten()))) {
        throw new Error("A file was written to while it was sent.");
      }
      yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#working === 0) this.#release();
  }

  /** Asked before the last bytes leave: an answer of two versions must not look whole. */
  async #wasWritten(): Promise<boolean> {
    const { mtimeNs, size } = await this.#work((descriptor) => statLater(descriptor, { bigint: true }));
    return mtimeNs !== this.#stats.mtimeNs || size !== this.#stats.size;
  }

  async #work<Result>(work: (descriptor: number) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw new Error("The file is closed.");
    this.#working++;
    try {
      return await work(this.#descriptor);
    } finally {
      if (--this.#working === 0 && this.#closed) this.#release();
    }
  }

  #release(): void {
    forgotten.unregister(this);
    close(this.#descriptor, ignore);
  }
}

/** An error of closing a file that was only read means nothing to anybody. */
function ignore(): void {}
