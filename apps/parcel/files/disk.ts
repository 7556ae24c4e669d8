import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Service } from "plinth/core";
import { type FileSource, openFile } from "plinth/http";
import { errors } from "../errors.ts";

/** What was written of an upload. */
export interface StoredBytes {
  readonly size: number;
  /** SHA-256, in hex. */
  readonly hash: string;
}

/** A part that nobody has written to for this long is left over from a process that died. */
const STALE_MS = 3_600_000;

/** Files on the local disk. A file is there whole or not at all: it is written beside its place and moved when it is safe on the disk. */
export class Disk implements Service {
  readonly name = "disk";
  readonly #folder: string;
  readonly #incoming: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#incoming = join(folder, "incoming");
  }

  async start(): Promise<void> {
    await mkdir(this.#incoming, { recursive: true });
    await this.#sweep();
  }

  async check(): Promise<void> {
    await stat(this.#incoming);
  }

  /**
   * Takes a body as fast as the disk does. Whatever goes wrong, nothing is left behind.
   *
   * @throws E_PARCEL_STORAGE_FULL
   */
  async write(id: string, body: AsyncIterable<Uint8Array>): Promise<StoredBytes> {
    const part = join(this.#incoming, id);
    const hash = createHash("sha256");
    let size = 0;
    const file = await open(part, "wx", 0o600).catch(rethrow);
    try {
      try {
        for await (const chunk of body) {
          hash.update(chunk);
          size += chunk.byteLength;
          await file.writeFile(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#moveIn(part, id);
    } catch (thrown) {
      await rm(part, { force: true }).catch(() => undefined); // the first failure is the one to report
      return rethrow(thrown);
    }
    return { size, hash: hash.digest("hex") };
  }

  /**
   * Opens a file for sending: one that is missing, or not as long as it was, is an error before an answer has begun.
   *
   * @param size bytes that were written
   */
  async read(id: string, size: number): Promise<FileSource> {
    const file = await openFile(this.#pathOf(id));
    if (file === undefined) throw new Error(`The bytes of file ${id} are gone.`);
    if (file.size === size) return file;
    file.close?.();
    throw new Error(`File ${id} has ${file.size} bytes instead of ${size}.`);
  }

  async remove(id: string): Promise<void> {
    await rm(this.#pathOf(id), { force: true });
  }

  /** A new name is as safe as its content only when its folder is on the disk too, and a new folder when the one above it is. */
  async #moveIn(part: string, id: string): Promise<void> {
    const folder = this.#folderOf(id);
    try {
      const made = await mkdir(folder, { recursive: true });
      await rename(part, this.#pathOf(id));
      await syncFolder(folder);
      if (made !== undefined) await syncFolder(this.#folder);
    } catch (thrown) {
      await this.remove(id).catch(() => undefined);
      throw thrown;
    }
  }

  // The last digits of an id are random, so files spread evenly; the first are time.
  #folderOf(id: string): string {
    return join(this.#folder, id.slice(-2));
  }

  #pathOf(id: string): string {
    return join(this.#folderOf(id), id);
  }

  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#incoming)) {
      const part = join(this.#incoming, name);
      // Another thread may have swept or moved it meanwhile.
      const found = await stat(part).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > STALE_MS) await rm(part, { force: true });
    }
  }
}

/** No space, no quota, or a file larger than this process may write. */
const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

function rethrow(thrown: unknown): never {
  const isFull = thrown instanceof Error && "code" in thrown && FULL.has(thrown.code);
  throw isFull ? errors.STORAGE_FULL({}, { cause: thrown }) : thrown;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
