import type { LimitDecision } from "../http/contract.ts";

/** So many units per span of time, refilled continuously. */
export interface RatePolicy {
  readonly kind?: "rate";
  /** Policies of one name and the same numbers share their counts. The same in every thread and on every machine. */
  readonly name: string;
  /** How many units become free in one period. At least 1. */
  readonly count: number;
  /** Milliseconds. */
  readonly period: number;
  /** How many units may be taken at one instant after a pause. At least 1. */
  readonly burst: number;
}

/** A span of the calendar. */
export type CalendarUnit = "hour" | "day" | "month";

/** So many units per hour, day or month of the calendar: all of them come back at its end. */
export interface QuotaPolicy {
  readonly kind: "quota";
  readonly name: string;
  readonly count: number;
  readonly unit: CalendarUnit;
  /** Whose calendar: an IANA name, such as `Europe/Berlin`. */
  readonly timezone: string;
}

/** What a limit allows, in numbers. */
export type LimitPolicy = RatePolicy | QuotaPolicy;

/**
 * What happens while the store is down or slow: `"allow"` lets everybody through uncounted, `"deny"` nobody, `"local"` counts in the
 * memory of this process with the same numbers.
 */
export type DegradeMode = "allow" | "deny" | "local";

/** What one call takes of one policy. */
export interface LimitDraw {
  readonly policy: LimitPolicy;
  /** Whom to count, of any length. */
  readonly key: string;
  /** Whole units, at most the policy's burst or count. */
  readonly cost: number;
  /** Only watches: when it refuses, the others count all the same. Default false. */
  readonly shadow?: boolean;
  /** Default `"local"`. */
  readonly degrade?: DegradeMode;
}

/** How a draw ended. */
export interface LimitReading extends LimitDecision {
  /** The state that was left, in the store's own terms: what `giveBack` needs to know. */
  readonly mark: number;
  /** Milliseconds of a rate, or units of a quota, that are used up now. */
  readonly used: number;
  /** How it was decided without the store, which was away or slow. */
  readonly degraded?: DegradeMode;
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
  take(key: string, cost: number): LimitReading | Promise<LimitReading>;
  /** What `take` would say, taking nothing. */
  peek(key: string, cost: number): LimitReading | Promise<LimitReading>;
}

/**
 * Where counts live. Implementations pass one suite (`limitStoreSuite` of `plinth/testing`): exact under concurrency, refilled
 * continuously, bounded in memory.
 */
export interface LimitStore {
  meter(policy: LimitPolicy): LimitMeter;
  /** Takes all draws, or none of them when one that is no shadow is refused. The readings are in the order of the draws. */
  takeAll(draws: readonly LimitDraw[]): readonly LimitReading[] | Promise<readonly LimitReading[]>;
  /** What `takeAll` would say, taking nothing. */
  peekAll(draws: readonly LimitDraw[]): readonly LimitReading[] | Promise<readonly LimitReading[]>;
  /**
   * Gives back what was taken, as far as it has not come back by itself: never more than that, whatever was taken in between.
   *
   * @param readings those by which it was taken
   */
  giveBack(draws: readonly LimitDraw[], readings: readonly LimitReading[]): void | Promise<void>;
  /** Forgets what a key has used. */
  reset(policy: LimitPolicy, key: string): void | Promise<void>;
}
