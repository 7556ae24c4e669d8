import { randomFillSync } from "node:crypto";
import { type Clock, type LockRange, systemClock } from "../core/mod.ts";
import { errors } from "./errors.ts";

/** Name of the segment that all rate limits of the process count in. */
export const TABLE_SEGMENT = "ratelimit:table";
/** Entries per bucket. */
export const WAYS = 8;
export const DEFAULT_ENTRIES = 65_536;

/** Policies whose quotas take about as long to be whole again (by a factor of two) share a class, and each bucket has a floor for each class. */
export const CLASSES = 16;
/** Half a second or less is the first class, five hours or more the last. Binary logarithm of milliseconds. */
const FIRST_CLASS = 9;

// The segment: the seed and the base; a lock word (32 bits) and the floors (64 bits each) for each bucket; a hash (64 bits) and a
// number (64 bits) for each entry.
const HEADER_BYTES = 64;
const BUCKET_BYTES = 4 + CLASSES * 8 + WAYS * 16;
const LARGEST = 16_777_216;

/** The segment, seen as arrays. The wide ones come first, so that all are aligned. */
export interface Table {
  readonly buckets: number;
  /** Two words that every thread agrees on and nobody outside knows. */
  readonly seed: Int32Array;
  /** What lies between the wall clock and the monotonic one, in milliseconds, as every thread agrees on. */
  readonly base: number;
  /** What keys have used, as one number each (see `counting.ts`), {@link WAYS} per bucket; 0 in an entry that was never used. */
  readonly states: Float64Array;
  /** {@link CLASSES} per bucket: no key of a policy of that class that is missing from the bucket has a larger number than this. */
  readonly floors: Float64Array;
  /** Hashes, two words per entry; the lowest bits of the first are the class of the entry's policy. */
  readonly hashes: Int32Array;
  /** Per bucket: 0, or 1 + the index of the thread that is inside. */
  readonly locks: Int32Array;
}

/**
 * Bytes of a table's segment.
 *
 * @throws E_RATELIMIT_TABLE_INVALID unless `entries` is a power of two from 8 to 16777216
 */
export function tableBytes(entries: number): number {
  if (!Number.isInteger(entries) || entries < WAYS || entries > LARGEST || (entries & (entries - 1)) !== 0)
    throw errors.TABLE_INVALID({ entries });
  return HEADER_BYTES + (entries / WAYS) * BUCKET_BYTES;
}

/** The class of a policy. @param span milliseconds until a quota that was used up is whole again */
export function classOf(span: number): number {
  return Math.min(CLASSES - 1, Math.max(0, Math.floor(Math.log2(span)) - FIRST_CLASS));
}

/** Where the locks are, so that those of a dead thread can be freed. They are the segment's last words. */
export function lockRange(entries: number): LockRange {
  const count = entries / WAYS;
  return { byteOffset: tableBytes(entries) - count * Int32Array.BYTES_PER_ELEMENT, count };
}

/** @param clock tells the base, when this is the first look at the segment */
export function viewTable(segment: SharedArrayBuffer, clock: Clock = systemClock): Table {
  const buckets = (segment.byteLength - HEADER_BYTES) / BUCKET_BYTES;
  const entries = buckets * WAYS;
  if (segment.byteLength !== tableBytes(entries)) throw errors.TABLE_INVALID({ entries });
  const seed = new Int32Array(segment, 0, 2);
  sowSeed(seed);
  const base = agreeOnBase(new BigInt64Array(segment, 8, 1), clock);
  const states = new Float64Array(segment, HEADER_BYTES, entries);
  const floors = new Float64Array(segment, states.byteOffset + states.byteLength, buckets * CLASSES);
  const hashes = new Int32Array(segment, floors.byteOffset + floors.byteLength, entries * 2);
  const locks = new Int32Array(segment, hashes.byteOffset + hashes.byteLength, buckets);
  return { buckets, seed, base, states, floors, hashes, locks };
}

/** Word by word the first thread wins, so all agree without waiting for one that might die half-way. */
export function sowSeed(seed: Int32Array): void {
  for (const [index, word] of randomFillSync(new Int32Array(2)).entries()) {
    Atomics.compareExchange(seed, index, 0, word === 0 ? 1 : word);
  }
}

/** The first thread's opinion holds: their clocks may have been set between. */
function agreeOnBase(word: BigInt64Array, clock: Clock): number {
  const proposed = Math.round(clock.now() - clock.monotonic());
  if (Number.isFinite(proposed)) Atomics.compareExchange(word, 0, 0n, BigInt(proposed === 0 ? 1 : proposed));
  return Number(Atomics.load(word, 0));
}
