import type { OpenSource } from "../pipeline/stream-source.ts";
import type { Coding } from "./coding.ts";
import { type Compressor, createCompressor } from "./compress.ts";

/** What is gathered before the compressor is given it: each write to it is a job for the thread pool. Bytes. */
const BATCH = 16_384;

/**
 * A source, compressed as it is read. What the source has given is on its way to the client before the source is waited for again: an
 * event, or a row that took long, does not wait for others to fill a block.
 */
export function compressSource(source: OpenSource, coding: Coding): OpenSource {
  const compressor = createCompressor(coding);
  const { stream } = compressor;
  stream.on("error", ignore); // whoever reads gets it
  const output = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let begun = false;
  return {
    next() {
      if (!begun) {
        begun = true;
        feed(source, compressor).catch((thrown: unknown) => stream.destroy(thrown as Error));
      }
      return output.next();
    },
    close() {
      source.close();
      stream.destroy();
    },
  };
}

async function feed(source: OpenSource, compressor: Compressor): Promise<void> {
  const batch = new Batch();
  /** Whether the compressor may hold back something that the client could have. */
  let held = false;
  for (;;) {
    const pending = source.next();
    pending.catch(ignore); // it may fail while a write is awaited: it is asked for below
    if (held && (await isWaiting(pending))) {
      await write(compressor, batch.take());
      await flush(compressor);
      held = false;
    }
    const { done, value } = await pending;
    if (compressor.stream.destroyed) return;
    if (done === true) break;
    batch.add(value);
    held = true;
    if (batch.bytes >= BATCH) await write(compressor, batch.take());
  }
  compressor.stream.end(batch.take());
}

/** Chunks that wait to be one. */
class Batch {
  #chunks: Uint8Array[] = [];
  bytes = 0;

  add(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    this.#chunks.push(bytes);
    this.bytes += bytes.byteLength;
  }

  take(): Buffer {
    const whole = Buffer.concat(this.#chunks, this.bytes);
    this.#chunks = [];
    this.bytes = 0;
    return whole;
  }
}

/** Whether a source does not have its next chunk at hand, so that the client would wait too. */
function isWaiting(pending: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const turn = setImmediate(resolve, true);
    const ready = (): void => {
      clearImmediate(turn);
      resolve(false);
    };
    pending.then(ready, ready);
  });
}

/** Resolves when the compressor has taken the bytes, which it does as fast as the client reads. */
function write(compressor: Compressor, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (bytes.byteLength === 0) return resolve();
    compressor.stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function flush(compressor: Compressor): Promise<void> {
  return new Promise((resolve) => compressor.stream.flush(compressor.flushKind, resolve));
}

function ignore(): void {}
