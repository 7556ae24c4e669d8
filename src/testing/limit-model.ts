import type { RatePolicy } from "../ratelimit/mod.ts";

/** A policy for tests: so many per so many milliseconds, by default all of them at one instant. */
export function ratePolicy(count: number, period: number, more: Partial<RatePolicy> = {}): RatePolicy {
  return { kind: "rate", name: `${count}/${period}`, count, period, burst: count, ...more };
}

/** One key's rate in whole numbers: milliseconds times the policy's count, so nothing is ever rounded. */
export class ExactRate {
  readonly #policy: RatePolicy;
  #arrival = 0n;

  constructor(policy: RatePolicy) {
    this.#policy = policy;
  }

  /** @param now whole milliseconds */
  allows(now: number, cost: number): boolean {
    return this.#after(now, cost) - this.#scaled(now) <= BigInt(this.#policy.burst) * BigInt(this.#policy.period);
  }

  take(now: number, cost: number): void {
    this.#arrival = this.#after(now, cost);
  }

  #after(now: number, cost: number): bigint {
    const at = this.#scaled(now);
    return (this.#arrival > at ? this.#arrival : at) + BigInt(cost) * BigInt(this.#policy.period);
  }

  #scaled(now: number): bigint {
    return BigInt(now) * BigInt(this.#policy.count);
  }
}

/** Numbers that look random and are the same each time (mulberry32). */
export function createDice(seed: number): (sides: number) => number {
  let state = seed | 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}
