import { createHash } from "node:crypto";
import { type Clock, type LockRange, type SharedMemory, unlockWord } from "../core/mod.ts";
import { ROUTE_END } from "./caller-key.ts";
import { KeyHash } from "./key-hash.ts";
import type { CountedRule } from "./rule.ts";
import { sowSeed } from "./table.ts";

/** Who was refused how often. */
export interface Offender {
  readonly policy: string;
  /** As the policy counts it, cut at 160 bytes. What may be a secret is a digest. */
  readonly key: string;
  /** Refusals since the process started: at most this many, and at least `atLeast`. */
  readonly refusals: number;
  readonly atLeast: number;
  /** When the last one was, in milliseconds since 1970. */
  readonly last: number;
}

const SEGMENT = "ratelimit:offenders";
const SLOTS = 128;
const TEXT_BYTES = 240;
const KEY_BYTES = 160;
// The segment: seed and lock; then for each slot refusals, overestimate, last time, hash, length of its text, and the text.
const HEADER_BYTES = 16;
const BYTES = HEADER_BYTES + SLOTS * (3 * 8 + 3 * 4 + TEXT_BYTES);
const LOCK_AT = 2;
const LOCKS: LockRange = { byteOffset: LOCK_AT * 4, count: 1 };

/**
 * The most refused keys of all threads, in bounded memory (space-saving counters: Metwally, Agrawal, El Abbadi, 2005): whoever has more refusals
 * than any that was pushed out is in it. Under contention a refusal may go uncounted: nobody waits for this.
 */
export class OffenderTable {
  readonly #words: Int32Array;
  readonly #refusals: Float64Array;
  readonly #errors: Float64Array;
  readonly #last: Float64Array;
  readonly #hashes: Int32Array;
  readonly #lengths: Int32Array;
  readonly #text: Buffer;
  readonly #hash: KeyHash;
  readonly #owner: number;
  readonly #clock: Clock;

  private constructor(segment: SharedArrayBuffer, owner: number, clock: Clock) {
    this.#words = new Int32Array(segment, 0, HEADER_BYTES / 4);
    sowSeed(this.#words.subarray(0, 2));
    this.#refusals = new Float64Array(segment, HEADER_BYTES, SLOTS);
    this.#errors = new Float64Array(segment, HEADER_BYTES + SLOTS * 8, SLOTS);
    this.#last = new Float64Array(segment, HEADER_BYTES + SLOTS * 16, SLOTS);
    this.#hashes = new Int32Array(segment, HEADER_BYTES + SLOTS * 24, SLOTS * 2);
    this.#lengths = new Int32Array(segment, HEADER_BYTES + SLOTS * 32, SLOTS);
    this.#text = Buffer.from(segment, HEADER_BYTES + SLOTS * 36, SLOTS * TEXT_BYTES);
    this.#hash = new KeyHash(this.#words[0] as number, this.#words[1] as number);
    this.#owner = owner;
    this.#clock = clock;
  }

  /** @param owner 1 + the index of this thread */
  static async open(memory: SharedMemory, owner: number, clock: Clock): Promise<OffenderTable> {
    return new OffenderTable(await memory.claim(SEGMENT, BYTES, LOCKS), owner, clock);
  }

  count(rule: CountedRule, key: string): void {
    const text = `${rule.name} ${shownKey(rule, key)}`;
    this.#hash.update(text);
    if (Atomics.compareExchange(this.#words, LOCK_AT, 0, this.#owner) !== 0) return;
    try {
      const slot = this.#slotFor(text);
      this.#refusals[slot] = (this.#refusals[slot] as number) + 1;
      this.#last[slot] = this.#clock.now();
    } finally {
      unlockWord(this.#words, LOCK_AT, this.#owner);
    }
  }

  /** The most refused first. */
  top(most: number): readonly Offender[] {
    const found: Offender[] = [];
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const refusals = this.#refusals[slot] as number;
      if (refusals === 0) continue;
      const text = this.#text.toString("utf8", slot * TEXT_BYTES, slot * TEXT_BYTES + (this.#lengths[slot] as number));
      const [policy = ""] = text.split(" ", 1);
      const key = text.slice(policy.length + 1);
      found.push({ policy, key, refusals, atLeast: refusals - (this.#errors[slot] as number), last: this.#last[slot] as number });
    }
    return found.sort((one, other) => other.refusals - one.refusals).slice(0, most);
  }

  /** The slot of the text that was hashed last; a newcomer gets the smallest one's, and its count on top. */
  #slotFor(text: string): number {
    const { high, low } = this.#hash;
    let smallest = 0;
    for (let slot = 0; slot < SLOTS; slot += 1) {
      if (this.#hashes[2 * slot] === high && this.#hashes[2 * slot + 1] === low && this.#refusals[slot] !== 0) return slot;
      if ((this.#refusals[slot] as number) < (this.#refusals[smallest] as number)) smallest = slot;
    }
    this.#errors[smallest] = this.#refusals[smallest] as number;
    this.#hashes[2 * smallest] = high;
    this.#hashes[2 * smallest + 1] = low;
    this.#lengths[smallest] = this.#text.write(text, smallest * TEXT_BYTES, TEXT_BYTES, "utf8");
    return smallest;
  }
}

/** A key as people may see it. */
function shownKey({ hidesKeys }: CountedRule, key: string): string {
  const end = key.indexOf(ROUTE_END) + 1;
  const caller = key.slice(end);
  const shown = hidesKeys && caller !== "" ? `sha256:${createHash("sha256").update(caller).digest("hex").slice(0, 12)}` : caller;
  return Buffer.from(end === 0 ? shown : `${key.slice(0, end - 1)} ${shown}`)
    .subarray(0, KEY_BYTES)
    .toString();
}
