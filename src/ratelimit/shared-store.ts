import { type Clock, type SharedMemory, THREAD_INDEX, lockWord, systemClock, unlockWord } from "../core/mod.ts";
import type { LimitDecision } from "../http/contract.ts";
import { lockTimeouts } from "./channels.ts";
import type { LimitMeter, LimitPolicy, LimitStore } from "./contract.ts";
import { errors } from "./errors.ts";
import { type Pace, advance, createPace, onGrid, unitsFree, waitFor } from "./gcra.ts";
import { KeyHash } from "./key-hash.ts";
import { DEFAULT_ENTRIES, TABLE_SEGMENT, type Table, WAYS, lockRange, tableBytes, viewTable } from "./table.ts";

export interface SharedStoreOptions {
  readonly memory: SharedMemory;
  readonly clock?: Clock;
  /** How many keys are remembered at once, over all policies: a power of two from 8. Default 65536 (1.1 MB). The same in every thread. */
  readonly entries?: number;
  /** Tells this thread from the others that count in the same memory. Default: `threadId` of `node:worker_threads`. */
  readonly threadIndex?: number;
}

/**
 * Counts in memory that all threads share: a limit of 100 is 100 for the process, not for each thread.
 *
 * The memory is bounded. When more keys are active at once than it has room for, the one whose quota will be whole again
 * soonest is forgotten, and a key that is not found is taken to have used as much as any forgotten one can have. So crowding never lets
 * more through than a policy allows; its price is that newcomers may be refused early while it lasts.
 *
 * @throws E_RATELIMIT_TABLE_INVALID, E_RATELIMIT_THREAD_INVALID, E_CORE_SEGMENT_MISMATCH
 */
export async function openSharedStore(options: SharedStoreOptions): Promise<LimitStore> {
  const threadIndex = options.threadIndex ?? THREAD_INDEX;
  if (!isThreadIndex(threadIndex)) throw errors.THREAD_INVALID({ threadIndex });
  const entries = options.entries ?? DEFAULT_ENTRIES;
  const segment = await options.memory.claim(TABLE_SEGMENT, tableBytes(entries), lockRange(entries));
  const shared: Shared = { table: viewTable(segment), clock: options.clock ?? systemClock, owner: threadIndex + 1 };
  return { meter: (policy) => new SharedMeter(shared, policy) };
}

/** Indexes are held as 1 + index in a 32-bit word. */
function isThreadIndex(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 0x7fff_ffff;
}

interface Shared {
  readonly table: Table;
  readonly clock: Clock;
  readonly owner: number;
}

class SharedMeter implements LimitMeter {
  readonly #policy: LimitPolicy;
  readonly #pace: Pace;
  readonly #hash: KeyHash;
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #owner: number;

  constructor(shared: Shared, policy: LimitPolicy) {
    this.#policy = policy;
    this.#pace = createPace(policy);
    this.#table = shared.table;
    this.#clock = shared.clock;
    this.#owner = shared.owner;
    // Each policy hashes with a key of its own, so the same caller is another entry in another policy. Its numbers belong to it: two
    // policies that share a name by mistake, or a limit that was changed, must not read each other's times.
    const naming = new KeyHash(this.#table.seed[0] as number, this.#table.seed[1] as number);
    naming.update(`${policy.name} ${policy.count}/${policy.period}/${policy.burst}`);
    this.#hash = new KeyHash(naming.high, naming.low);
  }

  take(key: string, cost: number): LimitDecision {
    const { locks, buckets } = this.#table;
    this.#hash.update(key);
    const bucket = this.#hash.low & (buckets - 1);
    const now = onGrid(this.#clock.monotonic());
    // A time that is no number must not reach the table: it would compare as "long ago" for ever after.
    if (!Number.isFinite(now)) return this.#refuseUndecided();
    if (!lockWord(locks, bucket, this.#owner)) {
      const holder = Atomics.load(locks, bucket) - 1;
      if (lockTimeouts.hasSubscribers) lockTimeouts.publish({ policy: this.#policy.name, holder });
      return this.#refuseUndecided();
    }
    try {
      return this.#decide(bucket, now, cost);
    } finally {
      unlockWord(locks, bucket, this.#owner);
    }
  }

  /** Runs under the bucket's lock. */
  #decide(bucket: number, now: number, cost: number): LimitDecision {
    const { arrivals } = this.#table;
    let entry = this.#find(bucket);
    if (entry === -1) entry = this.#admit(bucket, now);
    const arrival = arrivals[entry] as number;
    const next = advance(this.#pace, now, arrival, cost);
    if (next === -1) return decisionOf(this.#pace, now, arrival, cost);
    arrivals[entry] = next;
    return decisionOf(this.#pace, now, next, 0);
  }

  #find(bucket: number): number {
    const { hashes } = this.#table;
    const { high, low } = this.#hash;
    const first = bucket * WAYS;
    for (let entry = first; entry < first + WAYS; entry += 1) {
      if (hashes[2 * entry] === high && hashes[2 * entry + 1] === low) return entry;
    }
    return -1;
  }

  /**
   * Gives a key that was not found the entry with the earliest arrival time: an unused one, an expired one, or in a full bucket the one
   * that loses least. The bucket's floor rises to what is forgotten, and the newcomer starts there (the idea of space-saving
   * counters: Metwally, Agrawal, El Abbadi, 2005), but never beyond a burst just used up, which no key of its policy can exceed.
   *
   * The order of writes matters to a thread that dies between two of them: the floor rises before anything is lost, and while
   * the arrival time is not yet the newcomer's the entry belongs to nobody.
   */
  #admit(bucket: number, now: number): number {
    const { arrivals, floors, hashes } = this.#table;
    let entry = bucket * WAYS;
    for (let other = entry + 1; other < (bucket + 1) * WAYS; other += 1) {
      if ((arrivals[other] as number) < (arrivals[entry] as number)) entry = other;
    }
    const floor = Math.max(floors[bucket] as number, arrivals[entry] as number);
    floors[bucket] = floor;
    hashes[2 * entry] = this.#hash.high;
    arrivals[entry] = Math.min(floor, now + this.#pace.horizon);
    hashes[2 * entry + 1] = this.#hash.low;
    return entry;
  }

  #refuseUndecided(): LimitDecision {
    return { allowed: false, remaining: 0, resetSeconds: Math.ceil(this.#policy.period / 1_000), retryAfterSeconds: 1 };
  }
}

/** @param cost what was refused; 0 when the call passed */
function decisionOf(pace: Pace, now: number, arrival: number, cost: number): LimitDecision {
  return {
    allowed: cost === 0,
    remaining: unitsFree(pace, now, arrival),
    resetSeconds: arrival > now ? Math.ceil((arrival - now) / 1_000) : 0,
    retryAfterSeconds: cost === 0 ? 0 : Math.ceil(waitFor(pace, now, arrival, cost) / 1_000),
  };
}
