import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteCollector, collectBytes } from "../body/byte-collector.ts";
import { errors } from "../errors.ts";
import type { FormFile, UploadedFile } from "./declaration.ts";

const READ_BYTES = 65_536;

/** The files of one request. They go when it ends, those under way as well. */
export class Spool {
  readonly #memory: number;
  readonly #files: SpooledFile[] = [];
  #closed: Promise<unknown> | null = null;

  /** @param memory bytes of a file that stay in memory */
  constructor(memory: number) {
    this.#memory = memory;
  }

  /**
   * Takes a file in: into memory while it is small, then into a temporary file.
   *
   * @throws what its stream throws; E_HTTP_UPLOAD_GONE when the request ends meanwhile
   */
  async take(part: FormFile): Promise<UploadedFile> {
    const file = new SpooledFile(part);
    // Known before its first byte: whatever happens from here, closing the spool closes it.
    this.#files.push(file);
    for await (const chunk of part.stream) {
      if (this.#closed !== null) throw errors.UPLOAD_GONE({ name: part.name });
      await file.add(chunk, this.#memory);
    }
    return file;
  }

  async close(): Promise<void> {
    await (this.#closed ??= Promise.all(this.#files.map((file) => file.close())));
  }
}

class SpooledFile implements UploadedFile {
  readonly field: string;
  readonly filename: string;
  readonly type: string;
  readonly declaredType: string;
  size = 0;
  #small: ByteCollector | null = new ByteCollector();
  #large: FileHandle | null = null;
  #closed = false;

  constructor({ name, filename, type, declaredType }: FormFile) {
    this.field = name;
    this.filename = filename;
    this.type = type;
    this.declaredType = declaredType;
  }

  async add(chunk: Uint8Array, memory: number): Promise<void> {
    if (this.#small !== null && this.size + chunk.byteLength <= memory) this.#small.add(chunk);
    else await this.#write(chunk);
    this.size += chunk.byteLength;
  }

  async #write(chunk: Uint8Array): Promise<void> {
    await this.#whileOpen(async () => {
      if (this.#large === null) {
        const handle = await openNameless();
        if (this.#closed) return handle.close();
        this.#large = handle;
        const kept = this.#small as ByteCollector;
        this.#small = null;
        await handle.writeFile(kept.bytes());
      }
      await this.#large.writeFile(chunk);
    });
  }

  stream(): AsyncIterable<Uint8Array> {
    return this.#chunks();
  }

  bytes(): Promise<Buffer> {
    return collectBytes(this.stream());
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    let position = 0;
    while (position < this.size) {
      const chunk = await this.#whileOpen(() => this.#readAt(position));
      position += chunk.length;
      yield chunk;
    }
  }

  async #readAt(position: number): Promise<Buffer> {
    // A copy: what one reader does with its bytes must not change the file for the next.
    if (this.#small !== null) return Buffer.from(this.#small.bytes());
    const handle = this.#large as FileHandle;
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position);
    return buffer.subarray(0, bytesRead);
  }

  /** The request may end at any moment, and close the file while it is used. */
  async #whileOpen<Result>(use: () => Promise<Result>): Promise<Result> {
    try {
      if (!this.#closed) return await use();
    } catch (thrown) {
      if (!this.#closed) throw thrown;
    }
    throw errors.UPLOAD_GONE({ name: this.field });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#small = null;
    const handle = this.#large;
    this.#large = null;
    await handle?.close();
  }
}

/** A temporary file that has lost its name: it is gone when it is closed, also when the process is killed. */
async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `plinth-upload-${randomUUID()}`);
  const handle = await open(path, "wx+", 0o600);
  try {
    await unlink(path);
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
  return handle;
}
