import { createHash } from "node:crypto";
import { Calendar } from "./calendar.ts";
import type { LimitPolicy, LimitReading, QuotaPolicy, RatePolicy } from "./contract.ts";
import { describePolicy, readQuota, readRate } from "./counting.ts";
import { type Pace, advance, withdraw } from "./gcra.ts";

/** What a row says. */
export interface Count {
  readonly state: number;
  readonly windowEnd: number;
}

/** What a row says of a key that has used nothing. */
export const NOTHING: Count = { state: 0, windowEnd: 0 };

/** How one policy is counted in rows. Times are milliseconds since 1970, with fractions. */
export interface RowCounting {
  /** Begins the ids of its rows. */
  readonly name: string;
  /** The count after taking, or undefined when that is not free. */
  advance(now: number, count: Count, cost: number): Count | undefined;
  withdraw(now: number, count: Count, taken: { readonly cost: number; readonly mark: number }): Count;
  /** @param refused units; 0 when the call passed */
  read(now: number, count: Count, refused: number): LimitReading;
  /** When the count means nothing any more. */
  expiry(now: number, count: Count): number;
}

export function createRowCounting(policy: LimitPolicy): RowCounting {
  return policy.kind === "quota" ? new QuotaRows(policy) : new RateRows(policy);
}

/** Steps per millisecond: whole numbers of them since 1970 are exact in 64-bit floating point, and in the databases. */
const GRID = 1_024;

class RateRows implements RowCounting {
  readonly name: string;
  readonly #pace: Pace;

  constructor(policy: RatePolicy) {
    this.name = nameOf(policy);
    const interval = Math.floor((policy.period / policy.count) * GRID);
    this.#pace = { interval, horizon: interval * policy.burst };
  }

  advance(now: number, { state }: Count, cost: number): Count | undefined {
    const at = Math.floor(now * GRID);
    const next = advance(this.#pace, at, this.#clamp(at, state), cost);
    return next === -1 ? undefined : { state: next, windowEnd: 0 };
  }

  withdraw(now: number, { state }: Count, taken: { readonly cost: number; readonly mark: number }): Count {
    return { state: Math.max(0, withdraw(this.#pace, Math.floor(now * GRID), state, taken)), windowEnd: 0 };
  }

  read(now: number, { state }: Count, refused: number): LimitReading {
    const at = Math.floor(now * GRID);
    return readRate(this.#pace, { now: at, arrival: this.#clamp(at, state), refused, perSecond: 1_000 * GRID });
  }

  expiry(now: number, { state }: Count): number {
    return Math.max(Math.ceil(now), Math.ceil(state / GRID)) + 1;
  }

  /** More than a burst just used up can only come from a clock that was set back. */
  #clamp(at: number, state: number): number {
    return Math.min(state, at + this.#pace.horizon);
  }
}

/** Milliseconds that a window's row outlives it, for clocks that are set back a little. */
const GRACE = 60_000;

class QuotaRows implements RowCounting {
  readonly name: string;
  readonly #count: number;
  readonly #calendar: Calendar;

  constructor(policy: QuotaPolicy) {
    this.name = nameOf(policy);
    this.#count = policy.count;
    this.#calendar = new Calendar(policy.unit, policy.timezone);
  }

  advance(now: number, count: Count, cost: number): Count | undefined {
    const { state, windowEnd } = this.#present(now, count);
    return state + cost <= this.#count ? { state: state + cost, windowEnd } : undefined;
  }

  withdraw(_now: number, { state, windowEnd }: Count, { cost, mark }: { readonly cost: number; readonly mark: number }): Count {
    return { state: windowEnd === mark ? Math.max(0, state - cost) : state, windowEnd };
  }

  read(now: number, count: Count, refused: number): LimitReading {
    const { state, windowEnd } = this.#present(now, count);
    return readQuota({ count: this.#count, used: state, refused, left: windowEnd - now, mark: windowEnd });
  }

  expiry(_now: number, { windowEnd }: Count): number {
    return windowEnd + GRACE;
  }

  /** A window that is still to come was counted before the clock was set back: it stays the one that counts. */
  #present(now: number, { state, windowEnd }: Count): Count {
    const { end } = this.#calendar.windowAt(now);
    return windowEnd >= end ? { state, windowEnd } : { state: 0, windowEnd: end };
  }
}

/** The id of a key's row: readable, of bounded length, and no credential. */
export function rowId(name: string, key: string): string {
  return `${name}:${digest(key).slice(0, 22)}`;
}

function nameOf(policy: LimitPolicy): string {
  return `${policy.name}:${digest(describePolicy(policy)).slice(0, 8)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
