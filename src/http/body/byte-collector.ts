const FIRST_CAPACITY = 4_096;

/**
 * Bytes that come in pieces, gathered into one buffer that grows by doubling. Pieces are copied: a list of them would cost a hundred
 * times their size when a client sends a byte at a time.
 */
export class ByteCollector {
  #buffer: Buffer = EMPTY;
  /** Bytes gathered so far. */
  length = 0;

  add(chunk: Uint8Array): void {
    const needed = this.length + chunk.byteLength;
    if (needed > this.#buffer.length) this.#grow(needed);
    this.#buffer.set(chunk, this.length);
    this.length = needed;
  }

  /** What was gathered. Shares its memory with the collector: add nothing afterwards. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2, FIRST_CAPACITY));
    larger.set(this.bytes());
    this.#buffer = larger;
  }
}

const EMPTY = Buffer.alloc(0);

/** Gathers a stream whose size somebody else bounds. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collector = new ByteCollector();
  for await (const chunk of chunks) collector.add(chunk);
  return collector.bytes();
}
