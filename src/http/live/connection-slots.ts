import { type SharedMemory, THREAD_INDEX } from "../../core/mod.ts";
import { errors } from "../errors.ts";

/** Name of the segment that holds the places. */
const SEGMENT = "http:live";
/** 4 MB of shared memory. */
const MOST = 1_000_000;

/**
 * Places for connections that stay open, counted over all threads of the process. Each place is a lock word, so those of a thread
 * that died are free again.
 */
export class ConnectionSlots {
  readonly #words: Int32Array;
  readonly #owner: number;
  /** Where to look first: behind the place taken last. Threads begin apart, so that they seldom meet. */
  #next: number;

  private constructor(segment: SharedArrayBuffer, threadIndex: number) {
    this.#words = new Int32Array(segment);
    this.#owner = threadIndex + 1;
    this.#next = (threadIndex * 1_021) % this.#words.length;
  }

  /**
   * @param places from 1 to 1000000; the same in every thread
   * @throws E_HTTP_LIVE_LIMIT_INVALID
   */
  static async open(memory: SharedMemory, places: number, threadIndex: number = THREAD_INDEX): Promise<ConnectionSlots> {
    if (!Number.isInteger(places) || places < 1 || places > MOST) throw errors.LIVE_LIMIT_INVALID({ limit: places, most: MOST });
    const segment = await memory.claim(SEGMENT, places * Int32Array.BYTES_PER_ELEMENT, { byteOffset: 0, count: places });
    return new ConnectionSlots(segment, threadIndex);
  }

  get places(): number {
    return this.#words.length;
  }

  /** Takes a place; -1 when there is none. */
  take(): number {
    const words = this.#words;
    for (let tried = 0; tried < words.length; tried++) {
      const place = this.#next;
      this.#next = place + 1 === words.length ? 0 : place + 1;
      if (Atomics.load(words, place) === 0 && Atomics.compareExchange(words, place, 0, this.#owner) === 0) return place;
    }
    return -1;
  }

  release(place: number): void {
    Atomics.compareExchange(this.#words, place, this.#owner, 0);
  }
}
