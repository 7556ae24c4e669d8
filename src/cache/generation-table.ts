import { randomFillSync } from "node:crypto";
import type { SharedMemory } from "../core/mod.ts";
import { errors } from "./errors.ts";

export const DEFAULT_GENERATIONS = 262_144;
const SMALLEST = 1_024;
const LARGEST = 16_777_216;

// The segment: two clocks (64 bits each), a seed (64 bits), the number of threads (32 bits), padding; then a generation (64 bits) for each slot.
const HEADER_WORDS = 8;
const ISSUED = 0;
const PUBLISHED = 1;
const SEED = 2;
const THREADS = 6;

/** Whom an invalidation concerns, as numbers: slots of the table. */
export type Slots = readonly number[];

/**
 * When what was invalidated last, for all threads of the process: a clock that each invalidation moves on by one, and for each name
 * (hashed to a slot) the time of its last invalidation. A value that was made from data read at time T is valid as long as no slot that it depends
 * on has a time after T. So there is nothing to be told, nothing to be lost and nothing to grow; two names that share a
 * slot invalidate each other, which costs a miss and never a stale value.
 */
export class GenerationTable {
  readonly #words: BigInt64Array;
  /** The low halves of the clocks. A value that compares equal with the one seen at the last look has not been invalidated since. */
  readonly #halves: Int32Array;
  readonly #mask: number;

  static async open(memory: SharedMemory, name: string, slots: number): Promise<GenerationTable> {
    const valid = Number.isInteger(slots) && slots >= SMALLEST && slots <= LARGEST && (slots & (slots - 1)) === 0;
    if (!valid)
      throw errors.OPTION_INVALID({
        option: "generations",
        reason: `${slots} is no power of two from ${SMALLEST} to ${LARGEST}`,
      });
    return new GenerationTable(
      await memory.claim(`cache:${name}:generations`, (HEADER_WORDS + slots) * BigInt64Array.BYTES_PER_ELEMENT),
    );
  }

  private constructor(segment: SharedArrayBuffer) {
    this.#words = new BigInt64Array(segment);
    this.#halves = new Int32Array(segment);
    this.#mask = this.#words.length - HEADER_WORDS - 1;
    // Whoever comes first wins, so all agree without waiting for one that might die half-way.
    const [seed = 1n] = randomFillSync(new BigInt64Array(1));
    Atomics.compareExchange(this.#words, SEED, 0n, seed | 1n);
  }

  /** Unlike that of any other table, and the same in every thread. */
  get id(): string {
    return BigInt.asUintN(64, Atomics.load(this.#words, SEED)).toString(16);
  }

  /** Counts threads in and out. @returns how many there are; too many after one has died without counting itself out */
  enter(): number {
    return Atomics.add(this.#halves, THREADS, 1) + 1;
  }

  leave(): void {
    Atomics.sub(this.#halves, THREADS, 1);
  }

  get threads(): number {
    return Atomics.load(this.#halves, THREADS);
  }

  /** The time now: what is read from here on has seen every invalidation that began before. */
  now(): bigint {
    return Atomics.load(this.#words, ISSUED);
  }

  /** Moves with every invalidation that is complete. */
  published(): number {
    return Atomics.load(this.#halves, PUBLISHED * 2);
  }

  slotOf(name: string): number {
    return HEADER_WORDS + (hashOf(name, this.#halves[SEED * 2] as number) & this.#mask);
  }

  /** Whether nothing among these was invalidated after a time. */
  isCurrent(slots: Slots, since: bigint): boolean {
    for (const slot of slots) if (Atomics.load(this.#words, slot) > since) return false;
    return true;
  }

  /** Invalidates. @returns the time of it */
  invalidate(slots: Slots): bigint {
    const time = Atomics.add(this.#words, ISSUED, 1n) + 1n;
    for (const slot of slots) this.#raise(slot, time);
    // Last: a reader that has seen this number has seen the slots.
    Atomics.add(this.#words, PUBLISHED, 1n);
    return time;
  }

  /**
   * Invalidates once more, and tells whether nobody else did since.
   *
   * @param since the time of the caller's own earlier invalidation of this slot
   * @returns the time of it, or undefined when somebody else did
   */
  advance(slot: number, since: bigint): bigint | undefined {
    const time = Atomics.add(this.#words, ISSUED, 1n) + 1n;
    const alone = Atomics.compareExchange(this.#words, slot, since, time) === since;
    if (!alone) this.#raise(slot, time);
    Atomics.add(this.#words, PUBLISHED, 1n);
    return alone ? time : undefined;
  }

  #raise(slot: number, time: bigint): void {
    for (let seen = Atomics.load(this.#words, slot); seen < time;) {
      const found = Atomics.compareExchange(this.#words, slot, seen, time);
      if (found === seen) return;
      seen = found;
    }
  }
}

/** 32-bit FNV-1a over UTF-16 code units, with a final mix so that the low bits depend on all. */
function hashOf(text: string, seed: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
