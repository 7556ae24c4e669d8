/** What a rank may have under way, as a multiple of the limit: low, normal, high. */
const SHARES = [0.25, 1, 2] as const;
/** So few are never too many. */
const LEAST = 8;
/** A round that was too long keeps at least this share of the limit. */
const DEEPEST_CUT = 0.5;
/** A limit that is used up grows by this share with every round that was not too long. */
const GROWTH = 0.1;

/**
 * How many requests of a thread may be under way while its event loop is overloaded. Requests that do their work after something that
 * they wait for cost nothing when they are taken, and pile up until it comes: how long turns are tells then how many were too many.
 *
 * The limit is found as TCP finds its window (additive for a round, cut in proportion): a round is as many answers as requests were
 * under way, because only then what was changed can show. Without an overload there is none.
 */
export class FlightLimit {
  #inFlight = 0;
  #limit = Infinity;
  /** Answers until what was taken before the last cut is gone. */
  #untilJudged = 0;

  entered(): void {
    this.#inFlight++;
  }

  left(): void {
    if (this.#untilJudged > 0) this.#untilJudged--;
    if (this.#inFlight * 2 > this.#limit) this.#limit += GROWTH;
    this.#inFlight--;
  }

  admits(rank: number): boolean {
    return this.#inFlight < LEAST || this.#inFlight < this.#limit * (SHARES[rank] as number);
  }

  /**
   * A turn of the overloaded loop was too long.
   *
   * @param excess how many times as long as it may be
   * @param before requests that were under way when it began
   */
  cut(excess: number, before: number): void {
    if (this.#untilJudged > 0) return;
    const base = Math.min(this.#limit, before);
    this.#limit = Math.max(LEAST, base * Math.max(DEEPEST_CUT, 1 / excess));
    this.#untilJudged = this.#inFlight;
  }

  lift(): void {
    this.#limit = Infinity;
    this.#untilJudged = 0;
  }

  get inFlight(): number {
    return this.#inFlight;
  }
}
