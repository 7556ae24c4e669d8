import { type Clock, type SharedMemory, THREAD_INDEX, systemClock } from "../core/mod.ts";
import type { LimitDraw, LimitPolicy, LimitReading, LimitStore } from "./contract.ts";
import { errors } from "./errors.ts";
import { SharedMeter, type SharedTable } from "./shared-meter.ts";
import { DEFAULT_ENTRIES, TABLE_SEGMENT, lockRange, tableBytes, viewTable } from "./table.ts";

export interface SharedStoreOptions {
  readonly memory: SharedMemory;
  readonly clock?: Clock;
  /** How many keys are remembered at once, over all policies: a power of two from 8. Default 65536 (2.1 MB). The same in every thread. */
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
 * A quota counts by the wall clock, a rate never does. While that clock is set back into an earlier hour, day or month, the keys that were
 * counted since are refused.
 *
 * @throws E_RATELIMIT_TABLE_INVALID, E_RATELIMIT_THREAD_INVALID, E_CORE_SEGMENT_MISMATCH
 */
export async function openSharedStore(options: SharedStoreOptions): Promise<SharedStore> {
  const threadIndex = options.threadIndex ?? THREAD_INDEX;
  if (!isThreadIndex(threadIndex)) throw errors.THREAD_INVALID({ threadIndex });
  const entries = options.entries ?? DEFAULT_ENTRIES;
  const segment = await options.memory.claim(TABLE_SEGMENT, tableBytes(entries), lockRange(entries));
  const clock = options.clock ?? systemClock;
  return new SharedStore({ table: viewTable(segment, clock), clock, owner: threadIndex + 1 });
}

/** Indexes are held as 1 + index in a 32-bit word. */
function isThreadIndex(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 0x7fff_ffff;
}

/** Made by {@link openSharedStore}. Everything it says, it says at once. */
export class SharedStore implements LimitStore {
  readonly #shared: SharedTable;
  readonly #meters = new WeakMap<LimitPolicy, SharedMeter>();

  constructor(shared: SharedTable) {
    this.#shared = shared;
  }

  meter(policy: LimitPolicy): SharedMeter {
    const known = this.#meters.get(policy);
    if (known !== undefined) return known;
    const meter = new SharedMeter(this.#shared, policy);
    this.#meters.set(policy, meter);
    return meter;
  }

  /** Takes in turn, and gives back when a later one refuses: for that moment others may be refused, but never let through too often. */
  takeAll(draws: readonly LimitDraw[]): readonly LimitReading[] {
    const readings: LimitReading[] = [];
    for (const { policy, key, cost, shadow } of draws) {
      const reading = this.meter(policy).take(key, cost);
      readings.push(reading);
      if (!reading.allowed && shadow !== true) return this.undo(draws, readings);
    }
    return readings;
  }

  peekAll(draws: readonly LimitDraw[]): readonly LimitReading[] {
    return draws.map(({ policy, key, cost }) => this.meter(policy).peek(key, cost));
  }

  giveBack(draws: readonly LimitDraw[], readings: readonly LimitReading[]): void {
    for (const [index, { policy, key, cost }] of draws.entries()) {
      const { allowed, mark } = readings[index] as LimitReading;
      if (allowed) this.meter(policy).giveBack(key, cost, mark);
    }
  }

  reset(policy: LimitPolicy, key: string): void {
    this.meter(policy).reset(key);
  }

  /**
   * Gives back what was taken until one refused.
   *
   * @param readings those so far, the refusal last
   * @returns what all of them say then
   */
  undo(draws: readonly LimitDraw[], readings: readonly LimitReading[]): readonly LimitReading[] {
    return draws.map(({ policy, key, cost }, index) => {
      const meter = this.meter(policy);
      const reading = readings[index];
      if (reading?.allowed === false) return reading;
      if (reading !== undefined) meter.giveBack(key, cost, reading.mark);
      return meter.peek(key, cost);
    });
  }
}
