import type { Clock } from "../core/mod.ts";
import { Calendar, type CalendarWindow } from "./calendar.ts";
import type { LimitPolicy, LimitReading, QuotaPolicy, RatePolicy } from "./contract.ts";
import { type Pace, advance, createPace, onGrid, unitsFree, waitFor, withdraw } from "./gcra.ts";

/**
 * How the use of one policy is one number that grows with every unit taken, and that means nothing used once time has passed it by. So that rates
 * and quotas can share a table, and of any two entries the one with the smaller number is the better to forget.
 */
export interface Counting {
  /** The present on the axis of its numbers, in milliseconds; no number when the clock gives none. */
  now(): number;
  /** The number of a key that has used everything that can be used. */
  full(now: number): number;
  /** The number after taking `cost` units of what `state` says; -1 when they are not free. */
  advance(now: number, state: number, cost: number): number;
  /** The number after giving back what was taken and left `mark`. */
  withdraw(now: number, state: number, taken: { readonly cost: number; readonly mark: number }): number;
  /** @param refused what was refused; 0 when the call passed */
  read(now: number, state: number, refused: number): LimitReading;
  /** The number of a key that has used so much: milliseconds of a rate, units of a quota. */
  stateOf(now: number, used: number): number;
}

/**
 * Where the axis of the numbers begins, in milliseconds before the monotonic clock does: longer ago than any window of the calendar is long, so that
 * every number of a key that was used is larger than the 0 of an entry that never was.
 */
const AXIS_LEAD = 40 * 86_400_000;
const LONGEST_WINDOW = 32 * 86_400_000;

/** @param base what lies between the wall clock and the monotonic one, in milliseconds; the same for all who share a table */
export function createCounting(policy: LimitPolicy, clock: Clock, base: number): Counting {
  return policy.kind === "quota" ? new QuotaCounting(policy, clock, base) : new RateCounting(policy, clock);
}

/** What tells a policy from others, its numbers included: who changes them must not read what was counted by the old ones. */
export function describePolicy(policy: LimitPolicy): string {
  if (policy.kind !== "quota") return `${policy.name} ${policy.count}/${policy.period}/${policy.burst}`;
  return `${policy.name} ${policy.count}/${policy.unit}/${policy.timezone}`;
}

/** A refusal of what could not be counted. */
export function undecided(policy: LimitPolicy): LimitReading {
  const resetSeconds = policy.kind === "quota" ? 1 : Math.ceil(policy.period / 1_000);
  return { allowed: false, remaining: 0, resetSeconds, retryAfterSeconds: 1, mark: 0, used: 0, refusal: "undecided" };
}

/** Numbers are theoretical arrival times. */
class RateCounting implements Counting {
  readonly #pace: Pace;
  readonly #clock: Clock;

  constructor(policy: RatePolicy, clock: Clock) {
    this.#pace = createPace(policy);
    this.#clock = clock;
  }

  now(): number {
    return onGrid(this.#clock.monotonic()) + AXIS_LEAD;
  }

  full(now: number): number {
    return now + this.#pace.horizon;
  }

  advance(now: number, state: number, cost: number): number {
    return advance(this.#pace, now, state, cost);
  }

  withdraw(now: number, state: number, taken: { readonly cost: number; readonly mark: number }): number {
    return withdraw(this.#pace, now, state, taken);
  }

  read(now: number, state: number, refused: number): LimitReading {
    return readRate(this.#pace, { now, arrival: state, refused, perSecond: 1_000 });
  }

  stateOf(now: number, used: number): number {
    return onGrid(now + used);
  }
}

export interface RateState {
  readonly now: number;
  readonly arrival: number;
  /** Units that were refused; 0 when the call passed. */
  readonly refused: number;
  /** How many of the numbers' units are a second. */
  readonly perSecond: number;
}

/** What a rate's numbers say to a caller. */
export function readRate(pace: Pace, { now, arrival, refused, perSecond }: RateState): LimitReading {
  const ahead = arrival > now ? arrival - now : 0;
  return {
    allowed: refused === 0,
    remaining: unitsFree(pace, now, arrival),
    resetSeconds: Math.ceil(ahead / perSecond),
    retryAfterSeconds: refused === 0 ? 0 : Math.ceil(waitFor(pace, now, arrival, refused) / perSecond),
    mark: arrival,
    used: (ahead * 1_000) / perSecond,
  };
}

/**
 * Numbers lie in the present window, as far behind its start as its units are used: halfway when half of them are. Those of earlier windows
 * lie before it, so they mean nothing used.
 */
class QuotaCounting implements Counting {
  readonly #count: number;
  readonly #calendar: Calendar;
  readonly #clock: Clock;
  readonly #base: number;

  constructor(policy: QuotaPolicy, clock: Clock, base: number) {
    this.#count = policy.count;
    this.#calendar = new Calendar(policy.unit, policy.timezone);
    this.#clock = clock;
    this.#base = base - AXIS_LEAD;
  }

  now(): number {
    const now = this.#clock.now() - this.#base;
    // A clock that was set back to before the program's time: its windows would not be on the axis.
    return now > LONGEST_WINDOW ? now : Number.NaN;
  }

  full(now: number): number {
    return this.#windowAt(now).end - this.#base;
  }

  advance(now: number, state: number, cost: number): number {
    const window = this.#windowAt(now);
    const used = this.#usedOf(window, state) + cost;
    return used <= this.#count ? this.#place(window, used) : -1;
  }

  withdraw(now: number, state: number, { cost, mark }: { readonly cost: number; readonly mark: number }): number {
    const window = this.#windowAt(now);
    // What was taken in an earlier window has come back already.
    if (mark <= window.start - this.#base) return state;
    return this.#place(window, Math.max(0, this.#usedOf(window, state) - cost));
  }

  read(now: number, state: number, refused: number): LimitReading {
    const window = this.#windowAt(now);
    const used = this.#usedOf(window, state);
    return readQuota({ count: this.#count, used, refused, left: window.end - this.#base - now, mark: state });
  }

  stateOf(now: number, used: number): number {
    return this.#place(this.#windowAt(now), used);
  }

  #windowAt(now: number): CalendarWindow {
    return this.#calendar.windowAt(now + this.#base);
  }

  /** A number behind the window comes from a clock that was set back since: until it is there again, everything is used. */
  #usedOf({ start, end }: CalendarWindow, state: number): number {
    const share = (state + this.#base - start) / (end - start);
    return Math.min(this.#count, Math.max(0, Math.round(share * this.#count)));
  }

  #place({ start, end }: CalendarWindow, used: number): number {
    return start - this.#base + (used / this.#count) * (end - start);
  }
}

export interface QuotaState {
  readonly count: number;
  readonly used: number;
  /** Units that were refused; 0 when the call passed. */
  readonly refused: number;
  /** Milliseconds until the window ends. */
  readonly left: number;
  readonly mark: number;
}

/** What a quota's numbers say to a caller. */
export function readQuota({ count, used, refused, left, mark }: QuotaState): LimitReading {
  const seconds = Math.ceil(left / 1_000);
  return {
    allowed: refused === 0,
    remaining: Math.max(0, count - used),
    resetSeconds: used === 0 ? 0 : seconds,
    retryAfterSeconds: refused === 0 ? 0 : seconds,
    mark,
    used,
  };
}
