import type { LimitDecision } from "../http/contract.ts";

/** What a limit allows, in numbers. */
export interface LimitPolicy {
  /** Policies of one name and the same numbers share their counts. The same in every thread. */
  readonly name: string;
  /** How many units become free in one period. At least 1. */
  readonly count: number;
  /** Milliseconds. */
  readonly period: number;
  /** How many units may be taken at one instant after a pause. At least 1. */
  readonly burst: number;
}

/** One policy, counted for many keys. */
export interface LimitMeter {
  /**
   * Takes `cost` units for a key if they are free: all of them, or none and a refusal. Never lets more through than the
   * policy allows, whatever fails; what cannot be decided is refused.
   *
   * @param key whom to count, of any length
   * @param cost whole units, from 1 to the policy's burst
   */
  take(key: string, cost: number): LimitDecision | Promise<LimitDecision>;
}

/**
 * Where counts live. Implementations pass one suite: exact under concurrency, refilled continuously, bounded in memory.
 */
export interface LimitStore {
  meter(policy: LimitPolicy): LimitMeter;
}
