const NEWLINE = 10;
/** Of a UTF-16 code unit in UTF-8. */
const MOST_BYTES = 3;

export interface LineQueueOptions {
  /** How many bytes may wait. */
  readonly highWater: number;
  /** How many bytes make a batch. It may have twice as many, or one line or chunk that is larger. */
  readonly batch: number;
}

/** Lines that wait to be written, bounded in bytes. What does not fit is dropped, whole lines only, and counted. */
export class LineQueue {
  readonly #highWater: number;
  readonly #batch: number;
  #chunks: Buffer[] = [];
  /** Where lines gather: those from `#start` to `#end` are in no chunk yet. */
  #page: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** What is being written, and how much of it is. */
  #current: Buffer | undefined;
  #offset = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(options: LineQueueOptions) {
    this.#highWater = options.highWater;
    this.#batch = options.batch;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get isHalfEmpty(): boolean {
    return this.#bytes * 2 <= this.#highWater;
  }

  /** Appends a line, or counts it as dropped. */
  // perf: encoded once, where it stays. To gather text first and encode it in one go is twice the price.
  add(line: string): boolean {
    const room = this.#highWater - this.#bytes;
    const bytes = line.length > room ? Infinity : this.#encode(line);
    if (bytes > room) {
      this.#dropped += 1;
      return false;
    }
    this.#end += bytes;
    this.#bytes += bytes;
    return true;
  }

  /** Puts a line behind those that gather, without counting it among them yet. */
  #encode(line: string): number {
    const most = line.length * MOST_BYTES;
    if (this.#page.length - this.#end < most) {
      this.#seal();
      // Of a line that needs more than a page, only what it takes is kept.
      this.#page = most > 2 * this.#batch ? Buffer.from(line) : Buffer.allocUnsafeSlow(2 * this.#batch);
      this.#start = 0;
      this.#end = 0;
    }
    return this.#page.write(line, this.#end);
  }

  /** Appends as many of these lines as there is room for. */
  addChunk(lines: Uint8Array): void {
    const chunk = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
    const room = this.#highWater - this.#bytes;
    const end = chunk.length <= room ? chunk.length : room <= 0 ? 0 : chunk.lastIndexOf(NEWLINE, room - 1) + 1;
    this.#dropped += countLines(chunk.subarray(end));
    if (end === 0) return;
    this.#seal();
    this.#chunks.push(chunk.subarray(0, end));
    this.#bytes += end;
  }

  /** What is to be written next. The same until {@link advance} has passed it. */
  current(): Buffer | undefined {
    this.#current ??= this.#takeBatch();
    return this.#offset === 0 ? this.#current : this.#current?.subarray(this.#offset);
  }

  #takeBatch(): Buffer | undefined {
    this.#seal();
    let count = 0;
    for (let bytes = 0; count < this.#chunks.length && bytes < this.#batch; count++)
      bytes += (this.#chunks[count] as Buffer).length;
    const taken = this.#chunks.slice(0, count);
    this.#chunks = this.#chunks.slice(count);
    return taken.length < 2 ? taken[0] : Buffer.concat(taken);
  }

  #seal(): void {
    if (this.#start === this.#end) return;
    this.#chunks.push(this.#page.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** So many bytes of {@link current} are written. */
  advance(written: number): void {
    this.#offset += written;
    this.#bytes -= written;
    if (this.#offset !== this.#current?.length) return;
    this.#current = undefined;
    this.#offset = 0;
  }

  /** Has a line that was written in part written again from its start. */
  rewindLine(): void {
    if (this.#current === undefined || this.#offset === 0) return;
    const start = this.#current.lastIndexOf(NEWLINE, this.#offset - 1) + 1;
    this.#bytes += this.#offset - start;
    this.#offset = start;
  }

  /** Counts lines as dropped that never came here. */
  drop(count: number): void {
    this.#dropped += count;
  }

  /** Drops everything. A line that was written in part counts as dropped. */
  discard(): void {
    this.#seal();
    for (const chunk of [this.current(), ...this.#chunks]) if (chunk !== undefined) this.#dropped += countLines(chunk);
    this.#chunks = [];
    this.#current = undefined;
    this.#offset = 0;
    this.#bytes = 0;
  }
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
