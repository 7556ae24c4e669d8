import { errors } from "./errors.ts";

/** Where a segment keeps locks: Int32 words that hold 0, or 1 + the index of the thread that holds the lock. */
export interface LockRange {
  readonly byteOffset: number;
  readonly count: number;
}

/**
 * Memory that all threads of the process see. A segment is claimed by name: whoever claims first creates it, zeroed;
 * everyone after gets the same bytes. Names are `<room>:<what>`.
 */
export interface SharedMemory {
  /**
   * @param byteLength size in bytes, the same in every thread
   * @param locks words to free when the thread that holds them dies; the first claim decides
   * @throws E_CORE_SEGMENT_MISMATCH when the segment exists with another size
   */
  claim(name: string, byteLength: number, locks?: LockRange): Promise<SharedArrayBuffer>;
}

interface Entry {
  readonly segment: SharedArrayBuffer;
  readonly locks: Int32Array | undefined;
}

/** The segments themselves: owned by the supervisor, or by the only thread of a single-threaded program. */
export class SegmentTable implements SharedMemory {
  readonly #entries = new Map<string, Entry>();

  // eslint-disable-next-line typescript/require-await -- a rejection must arrive as one, as it does across threads
  async claim(name: string, byteLength: number, locks?: LockRange): Promise<SharedArrayBuffer> {
    return this.claimSync(name, byteLength, locks);
  }

  claimSync(name: string, byteLength: number, locks?: LockRange): SharedArrayBuffer {
    const existing = this.#entries.get(name)?.segment;
    if (existing !== undefined) {
      if (existing.byteLength !== byteLength)
        throw errors.SEGMENT_MISMATCH({ name, have: existing.byteLength, want: byteLength });
      return existing;
    }
    const segment = new SharedArrayBuffer(byteLength);
    this.#entries.set(name, {
      segment,
      locks: locks === undefined ? undefined : new Int32Array(segment, locks.byteOffset, locks.count),
    });
    return segment;
  }

  /**
   * Frees every lock that a thread held when it died. Call it once the thread has ended and before another gets its index.
   *
   * @param thread the dead thread's index
   * @returns how many there were
   */
  releaseLocks(thread: number): number {
    let freed = 0;
    for (const { locks } of this.#entries.values()) {
      if (locks === undefined) continue;
      for (let word = 0; word < locks.length; word++)
        if (Atomics.compareExchange(locks, word, thread + 1, 0) === thread + 1) freed++;
    }
    return freed;
  }

  /** All segments and their sizes, for operators. */
  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#entries].map(([name, { segment }]) => [name, segment.byteLength]));
  }
}
