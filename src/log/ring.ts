import { errors } from "./errors.ts";

/**
 * A ring of log lines in shared memory: one thread writes, one reads, nobody waits. Lines end in a newline and contain no other, so the
 * bytes need no framing of their own; the write position moves only past whole lines, and so a reader never sees half of one, whatever
 * becomes of the writer.
 *
 * Layout: a header of 64 bytes (Int32: read position, write position, dropped lines), then the bytes. Positions run from 0 to twice
 * the capacity, which tells a full ring from an empty one without giving up a byte.
 */
const HEADER = 64;
const READ = 0;
const WRITE = 1;
const DROPPED = 2;

/** Below this, not one line of the usual length would fit. */
const LEAST_BYTES = 1_024;

/** One side's view of a ring. */
export class Ring {
  readonly #header: Int32Array;
  readonly #bytes: Buffer;
  readonly #capacity: number;

  /** @throws E_LOG_RING_TOO_SMALL */
  constructor(segment: SharedArrayBuffer) {
    if (segment.byteLength < LEAST_BYTES) throw errors.RING_TOO_SMALL({ bytes: segment.byteLength, least: LEAST_BYTES });
    this.#header = new Int32Array(segment, 0, HEADER / 4);
    this.#bytes = Buffer.from(segment, HEADER);
    this.#capacity = this.#bytes.length;
  }

  /** Lines that did not fit, since the ring was made. */
  get dropped(): number {
    return Atomics.load(this.#header, DROPPED) >>> 0;
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#header, READ) === Atomics.load(this.#header, WRITE);
  }

  /** The writer's side: appends a line, or counts it as dropped. */
  push(line: string): boolean {
    const write = Atomics.load(this.#header, WRITE);
    const free = this.#capacity - this.#distance(Atomics.load(this.#header, READ), write);
    const written = this.#encode(line, write % this.#capacity, free);
    if (written === 0) {
      Atomics.add(this.#header, DROPPED, 1);
      return false;
    }
    Atomics.store(this.#header, WRITE, (write + written) % (2 * this.#capacity));
    return true;
  }

  /** Writes from an offset on, around the end if need be; 0 when there is no room. */
  #encode(line: string, offset: number, free: number): number {
    const straight = Math.min(free, this.#capacity - offset);
    const length = Buffer.byteLength(line);
    if (length > free) return 0;
    if (length <= straight) return this.#bytes.write(line, offset, "utf8");
    const encoded = Buffer.from(line);
    encoded.copy(this.#bytes, offset, 0, straight);
    encoded.copy(this.#bytes, 0, straight);
    return length;
  }

  /** The reader's side: takes all lines there are, as a copy; undefined when there are none. */
  take(): Buffer | undefined {
    const read = Atomics.load(this.#header, READ);
    const length = this.#distance(read, Atomics.load(this.#header, WRITE));
    if (length === 0) return undefined;
    const lines = Buffer.allocUnsafeSlow(length); // not from the pool: the sink may keep it for long
    const offset = read % this.#capacity;
    const straight = Math.min(length, this.#capacity - offset);
    this.#bytes.copy(lines, 0, offset, offset + straight);
    this.#bytes.copy(lines, straight, 0, length - straight);
    Atomics.store(this.#header, READ, (read + length) % (2 * this.#capacity));
    return lines;
  }

  #distance(from: number, to: number): number {
    return (to - from + 2 * this.#capacity) % (2 * this.#capacity);
  }
}

/**
 * Memory for one thread's lines. A segment claimed from `SharedMemory` does as well: zeroed bytes are an empty ring.
 *
 * @param bytes header included. Default 1 MiB, about three thousand lines: what a busy thread writes in a quarter of a second
 * @throws E_LOG_RING_TOO_SMALL
 */
export function createLogRing(bytes: number = 1_048_576): SharedArrayBuffer {
  if (!(bytes >= LEAST_BYTES)) throw errors.RING_TOO_SMALL({ bytes, least: LEAST_BYTES });
  return new SharedArrayBuffer(bytes);
}
