/** How much of something a client may do: so many at once, and so many a second over time. */
export class Budget {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  /** @param now monotonic milliseconds */
  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#at = now;
  }

  /** @returns whether there was enough left; what was not there is owed */
  spend(amount: number, now: number): boolean {
    const earned = ((now - this.#at) * this.#perSecond) / 1_000;
    this.#left = Math.min(this.#burst, this.#left + earned) - amount;
    this.#at = now;
    return this.#left >= 0;
  }
}
