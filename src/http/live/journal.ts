import { lockWord, unlockWord } from "../../core/mod.ts";
import { errors } from "../errors.ts";

/** One published event as the journal keeps it. */
export interface JournalEntry {
  /** Grows by 1, or by more where a thread died while it published. */
  readonly sequence: number;
  /** Empty for an event without a name. */
  readonly event: string;
  /** JSON. */
  readonly data: Buffer;
}

// Layout: a header of 64 bytes (Int32: lock, bell; Float64 from byte 8 on: epoch, last sequence, first position, end position), then
// the ring. Positions count all bytes ever written. An entry is a Float64 (sequence), two Uint32 (bytes of its name and its data), and these.
// What counts is changed by one store each, and in an order in which a thread may die at any point.
const HEADER_BYTES = 64;
const ENTRY_HEADER = 16;
const LOCK = 0;
const BELL = 1;
const EPOCH = 0;
const LAST = 1;
const FIRST = 2;
const END = 3;

const NOTHING = { entries: [], missed: false };

/** Published events in shared memory: the newest ones, in one order for all threads, in a ring of bytes. */
export class Journal {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #ring: Buffer;
  readonly #owner: number;
  readonly #name: string;
  /** Where this thread has read to. */
  #cursor = 0;

  /** @param threadIndex index of this thread */
  constructor(name: string, segment: SharedArrayBuffer, threadIndex: number) {
    this.#name = name;
    this.#words = new Int32Array(segment, 0, 2);
    this.#numbers = new Float64Array(segment, 8, 4);
    this.#ring = Buffer.from(segment, HEADER_BYTES);
    this.#owner = threadIndex + 1;
  }

  /** Bytes of a segment that holds so many bytes of events. */
  static bytes(capacity: number): number {
    return HEADER_BYTES + Math.ceil(capacity / 8) * 8;
  }

  /**
   * Tells this life of the process from others: sequences begin anew with each.
   *
   * @throws E_HTTP_BROADCAST_BUSY
   */
  epoch(now: number): number {
    return this.#exactly(() => {
      if (this.#read(EPOCH) === 0) this.#numbers[EPOCH] = now;
      return this.#read(EPOCH);
    });
  }

  #read(index: number): number {
    return this.#numbers[index] as number;
  }

  /**
   * Appends an event, in place of the oldest.
   *
   * @returns its sequence
   * @throws E_HTTP_BROADCAST_TOO_LARGE, E_HTTP_BROADCAST_BUSY
   */
  append(event: string, data: string): number {
    const name = Buffer.from(event);
    const body = Buffer.from(data);
    const size = ENTRY_HEADER + name.length + body.length;
    const limit = Math.floor(this.#ring.length / 2);
    if (size > limit) throw errors.BROADCAST_TOO_LARGE({ name: this.#name, bytes: size, limit });
    const sequence = this.#exactly(() => {
      const end = this.#read(END);
      while (end + size - this.#read(FIRST) > this.#ring.length) this.#numbers[FIRST] = this.#next(this.#read(FIRST));
      const mine = this.#read(LAST) + 1;
      this.#numbers[LAST] = mine;
      const head = Buffer.alloc(ENTRY_HEADER);
      head.writeDoubleLE(mine, 0);
      head.writeUInt32LE(name.length, 8);
      head.writeUInt32LE(body.length, 12);
      this.#write(end, head);
      this.#write(end + ENTRY_HEADER, name);
      this.#write(end + ENTRY_HEADER + name.length, body);
      this.#numbers[END] = end + size;
      return mine;
    });
    Atomics.add(this.#words, BELL, 1);
    Atomics.notify(this.#words, BELL);
    return sequence;
  }

  /**
   * What was published since this was last asked, oldest first.
   *
   * @returns also whether events were overwritten before this thread read them; null when the journal cannot be read now
   */
  take(): { readonly entries: readonly JournalEntry[]; readonly missed: boolean } | null {
    // perf: in the thread that published nothing has come since.
    if (this.#cursor > 0 && this.#cursor === this.#read(END)) return NOTHING;
    const taken = this.#locked(() => {
      const first = this.#read(FIRST);
      const end = this.#read(END);
      const missed = this.#cursor < first;
      const entries: JournalEntry[] = [];
      for (let at = Math.max(first, this.#cursor); at < end; at = this.#next(at)) entries.push(this.#entry(at));
      this.#cursor = end;
      return { entries, missed };
    });
    return taken ?? null;
  }

  /** Resolves when somebody has published since `seen`, as {@link Journal.bell} told it, or {@link Journal.wake} was called. */
  async published(seen: number): Promise<void> {
    const { async: waits, value } = Atomics.waitAsync(this.#words, BELL, seen);
    if (waits) await value;
  }

  get bell(): number {
    return Atomics.load(this.#words, BELL);
  }

  /** Wakes whoever waits, in every thread. */
  wake(): void {
    Atomics.notify(this.#words, BELL);
  }

  #entry(at: number): JournalEntry {
    const head = this.#copy(at, ENTRY_HEADER);
    const name = head.readUInt32LE(8);
    return {
      sequence: head.readDoubleLE(0),
      event: this.#copy(at + ENTRY_HEADER, name).toString("utf8"),
      data: this.#copy(at + ENTRY_HEADER + name, head.readUInt32LE(12)),
    };
  }

  /** Position of the entry behind another. */
  #next(at: number): number {
    const head = this.#copy(at, ENTRY_HEADER);
    return at + ENTRY_HEADER + head.readUInt32LE(8) + head.readUInt32LE(12);
  }

  #copy(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    const offset = position % this.#ring.length;
    const straight = Math.min(length, this.#ring.length - offset);
    this.#ring.copy(bytes, 0, offset, offset + straight);
    this.#ring.copy(bytes, straight, 0, length - straight);
    return bytes;
  }

  #write(position: number, bytes: Buffer): void {
    const offset = position % this.#ring.length;
    const straight = Math.min(bytes.length, this.#ring.length - offset);
    bytes.copy(this.#ring, offset, 0, straight);
    bytes.copy(this.#ring, 0, straight);
  }

  /** @throws E_HTTP_BROADCAST_BUSY */
  #exactly<Result>(run: () => Result): Result {
    const result = this.#locked(run);
    if (result === undefined) throw errors.BROADCAST_BUSY({ name: this.#name });
    return result;
  }

  /** Runs alone among all threads; undefined when that could not be had in a bounded time. */
  #locked<Result>(run: () => Result): Result | undefined {
    if (!lockWord(this.#words, LOCK, this.#owner)) return undefined;
    try {
      return run();
    } finally {
      unlockWord(this.#words, LOCK, this.#owner);
    }
  }
}
