import type { Clock } from "../../core/mod.ts";

const MOST = 1_000;
/** Milliseconds. */
const REMEMBERED = 2_000;

/**
 * Keys whose answers turned out not to be for keeping. Without it requests for one would wait in line for an answer that each must make for
 * itself in the end (what Varnish calls hit-for-miss).
 */
export class PassList {
  readonly #until = new Map<string, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(key: string): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (until > this.#clock.monotonic()) return true;
    this.#until.delete(key);
    return false;
  }

  add(key: string): void {
    if (this.#until.size >= MOST) this.#until.clear();
    this.#until.set(key, this.#clock.monotonic() + REMEMBERED);
  }
}
