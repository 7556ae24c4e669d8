import { type Clock, lockWord, unlockWord } from "../core/mod.ts";
import { lockTimeouts } from "./channels.ts";
import type { CalendarUnit, LimitMeter, LimitPolicy, LimitReading } from "./contract.ts";
import { type Counting, createCounting, describePolicy, undecided } from "./counting.ts";
import { KeyHash } from "./key-hash.ts";
import { CLASSES, type Table, WAYS, classOf } from "./table.ts";

/** What all meters of one table share. */
export interface SharedTable {
  readonly table: Table;
  readonly clock: Clock;
  /** 1 + the index of this thread. */
  readonly owner: number;
}

/** One policy, counted in memory that all threads share. */
export class SharedMeter implements LimitMeter {
  readonly #policy: LimitPolicy;
  readonly #counting: Counting;
  readonly #hash: KeyHash;
  readonly #table: Table;
  readonly #owner: number;
  readonly #class: number;

  constructor({ table, clock, owner }: SharedTable, policy: LimitPolicy) {
    this.#policy = policy;
    this.#counting = createCounting(policy, clock, table.base);
    this.#table = table;
    this.#owner = owner;
    this.#class = classOf(spanOf(policy));
    // Each policy hashes with a key of its own, so the same caller is another entry in another policy.
    const naming = new KeyHash(table.seed[0] as number, table.seed[1] as number);
    naming.update(describePolicy(policy));
    this.#hash = new KeyHash(naming.high, naming.low);
  }

  take(key: string, cost: number): LimitReading {
    const now = this.#counting.now();
    const bucket = this.#enter(key, now);
    if (bucket === -1) return undecided(this.#policy);
    try {
      const { states } = this.#table;
      const found = this.#find(bucket);
      const entry = found === -1 ? this.#admit(bucket, now) : found;
      const state = states[entry] as number;
      const next = this.#counting.advance(now, state, cost);
      if (next === -1) return this.#counting.read(now, state, cost);
      states[entry] = next;
      return this.#counting.read(now, next, 0);
    } finally {
      unlockWord(this.#table.locks, bucket, this.#owner);
    }
  }

  peek(key: string, cost: number): LimitReading {
    const now = this.#counting.now();
    const bucket = this.#enter(key, now);
    if (bucket === -1) return undecided(this.#policy);
    try {
      const found = this.#find(bucket);
      const { states, floors } = this.#table;
      const state =
        found === -1 ? Math.min(floors[this.#floorOf(bucket)] as number, this.#counting.full(now)) : (states[found] as number);
      const free = this.#counting.advance(now, state, cost) !== -1;
      return this.#counting.read(now, state, free ? 0 : cost);
    } finally {
      unlockWord(this.#table.locks, bucket, this.#owner);
    }
  }

  /** @param mark of the reading that took `cost` */
  giveBack(key: string, cost: number, mark: number): void {
    const now = this.#counting.now();
    // Where it was forgotten meanwhile, the bucket's floor stands for it.
    this.#change(key, now, (state) => this.#counting.withdraw(now, state, { cost, mark }));
  }

  reset(key: string): void {
    this.#change(key, this.#counting.now(), () => 0);
  }

  /** How much a key is known to have used, in milliseconds of a rate or units of a quota; 0 when it was forgotten. */
  known(key: string): number {
    const now = this.#counting.now();
    let used = 0;
    this.#change(key, now, (state) => {
      ({ used } = this.#counting.read(now, state, 0));
      return state;
    });
    return used;
  }

  /**
   * Notes how much a key has used by another store's count.
   *
   * @returns the mark to give it back by; undefined when it could not be noted
   */
  learn(key: string, used: number): number | undefined {
    const now = this.#counting.now();
    const bucket = this.#enter(key, now);
    if (bucket === -1) return undefined;
    try {
      const found = this.#find(bucket);
      const entry = found === -1 ? this.#admit(bucket, now) : found;
      const mark = this.#counting.stateOf(now, used);
      this.#table.states[entry] = mark;
      return mark;
    } finally {
      unlockWord(this.#table.locks, bucket, this.#owner);
    }
  }

  #change(key: string, now: number, next: (state: number) => number): void {
    const bucket = this.#enter(key, now);
    if (bucket === -1) return;
    try {
      const found = this.#find(bucket);
      if (found !== -1) this.#table.states[found] = next(this.#table.states[found] as number);
    } finally {
      unlockWord(this.#table.locks, bucket, this.#owner);
    }
  }

  /** Hashes the key and takes its bucket's lock. @returns the bucket, or -1 when nothing can be decided */
  #enter(key: string, now: number): number {
    const { locks, buckets } = this.#table;
    // A time that is no number must not reach the table: it would compare as "long ago" for ever after.
    if (!Number.isFinite(now)) return -1;
    this.#hash.update(key);
    const bucket = this.#hash.low & (buckets - 1);
    if (lockWord(locks, bucket, this.#owner)) return bucket;
    const holder = Atomics.load(locks, bucket) - 1;
    if (lockTimeouts.hasSubscribers) lockTimeouts.publish({ policy: this.#policy.name, holder });
    return -1;
  }

  /** What an entry of the present key has as the first word of its hash. */
  get #mark(): number {
    return (this.#hash.high & -CLASSES) | this.#class;
  }

  #floorOf(bucket: number, ofClass: number = this.#class): number {
    return bucket * CLASSES + ofClass;
  }

  #find(bucket: number): number {
    const { hashes } = this.#table;
    const { low } = this.#hash;
    const mark = this.#mark;
    const end = (bucket + 1) * WAYS * 2;
    for (let word = bucket * WAYS * 2; word < end; word += 2) {
      if (hashes[word] === mark && hashes[word + 1] === low) return word >> 1;
    }
    return -1;
  }

  /**
   * Gives a key that was not found the entry with the smallest number: an unused one, an expired one, or in a full bucket the one
   * that loses least. The floor of that one's class rises to what is forgotten, and the newcomer starts at the floor of its own (the idea of
   * space-saving counters: Metwally, Agrawal, El Abbadi, 2005), but never beyond everything just used up, which no key of its policy can
   * exceed. So a crowd of keys that are remembered for long, of a limit by the hour, does not use up what a limit by the minute gives.
   *
   * The order of writes matters to a thread that dies between two of them: the floor rises before anything is lost, and while
   * the number is not yet the newcomer's the entry belongs to nobody.
   */
  #admit(bucket: number, now: number): number {
    const { states, floors, hashes } = this.#table;
    let entry = bucket * WAYS;
    for (let other = entry + 1; other < (bucket + 1) * WAYS; other += 1) {
      if ((states[other] as number) < (states[entry] as number)) entry = other;
    }
    const forgotten = this.#floorOf(bucket, (hashes[2 * entry] as number) & (CLASSES - 1));
    floors[forgotten] = Math.max(floors[forgotten] as number, states[entry] as number);
    hashes[2 * entry] = this.#mark;
    states[entry] = Math.min(floors[this.#floorOf(bucket)] as number, this.#counting.full(now));
    hashes[2 * entry + 1] = this.#hash.low;
    return entry;
  }
}

/** Milliseconds. */
const LONGEST_SPAN: Readonly<Record<CalendarUnit, number>> = { hour: 3_600_000, day: 86_400_000, month: 2_678_400_000 };

/** Milliseconds until a quota that was used up is whole again, at most. */
function spanOf(policy: LimitPolicy): number {
  return policy.kind === "quota" ? LONGEST_SPAN[policy.unit] : (policy.period / policy.count) * policy.burst;
}
