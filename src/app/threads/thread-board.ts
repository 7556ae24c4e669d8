import type { Activity } from "../../http/mod.ts";

/** Most plans whose requests are counted one by one; those beyond share the last place. */
const MAX_PLANS = 2_048;

// Places in the board, each an Int32.
const HEARTBEAT = 0;
const CURRENT = 1;
const FIRST_PLAN = 2;

/**
 * What one thread is doing, in memory that the supervisor reads: when its event loop last turned, which plan's code it runs now, and
 * which plans have requests under way. The thread writes, the supervisor reads; a thread that is blocked or dead cannot be asked.
 */
export class ThreadBoard implements Activity {
  static readonly BYTES: number = (FIRST_PLAN + MAX_PLANS) * Int32Array.BYTES_PER_ELEMENT;
  readonly #places: Int32Array;

  constructor(segment: SharedArrayBuffer) {
    this.#places = new Int32Array(segment);
  }

  /** @param now monotonic milliseconds */
  beat(now: number): void {
    Atomics.store(this.#places, HEARTBEAT, now | 0);
  }

  /** Milliseconds since the event loop last turned. */
  silence(now: number): number {
    // In 32 bits, so that the difference is right also when the count has wrapped (every 49 days).
    return ((now | 0) - Atomics.load(this.#places, HEARTBEAT)) | 0;
  }

  started(plan: number): void {
    this.#places[place(plan)]!++;
  }

  finished(plan: number): void {
    this.#places[place(plan)]!--;
  }

  entered(plan: number): void {
    this.#places[CURRENT] = plan + 1;
  }

  left(): void {
    this.#places[CURRENT] = 0;
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.#places.subarray(FIRST_PLAN).reduce((sum, count) => sum + count, 0);
  }

  /** Plans with requests under way, and how many. Those that share the last place are told under a plan that there is none of. */
  get underWay(): readonly (readonly [plan: number, count: number])[] {
    const plans: [number, number][] = [];
    for (let plan = 0; plan < MAX_PLANS; plan++) {
      const count = this.#places[FIRST_PLAN + plan] as number;
      if (count > 0) plans.push([plan === MAX_PLANS - 1 ? Infinity : plan, count]);
    }
    return plans;
  }

  /** The plan whose code runs now; else those with requests under way, one of which it must have been. */
  suspects(): readonly number[] {
    const current = Atomics.load(this.#places, CURRENT);
    if (current > 0) return [current - 1];
    const plans: number[] = [];
    for (let plan = 0; plan < MAX_PLANS; plan++) if (this.#places[FIRST_PLAN + plan]! > 0) plans.push(plan);
    return plans;
  }

  /** For the next thread in the slot. */
  clear(): void {
    this.#places.fill(0);
  }
}

function place(plan: number): number {
  return FIRST_PLAN + Math.min(plan, MAX_PLANS - 1);
}
