/** A route with fewer requests under way is left alone, however slow it is. */
const FREE = 256;
/** How often a route is judged, in milliseconds. */
const WINDOW_MS = 250;
/** A route is slow when it takes this many times as long as usual, and this many milliseconds at least. */
const SLOW_FACTOR = 4;
const SLOW_MS = 100;
/** What is usual grows by this factor a window, so that it doubles in a minute; it falls by this share of the difference. */
const DRIFT = 1.003;
const FALL = 0.1;
/** Windows with fewer ended requests teach nothing: two that found nothing to do are not what the route is like. */
const LEARN_FROM = 16;
/** Multiples of the usual number of requests under way that a slow route may have: low, normal, high. */
const SHARES = [1, 2, 4] as const;
/** What the usual number keeps of a busier time, a window: half of it after 17 seconds. */
const KEEP = 0.99;

/**
 * How many requests of one route are under way, and whether that is too many. Many alone is no fault: a handler that waits 50 ms for
 * something has 1,000 at 20,000 a second. But when what a route waits for becomes slow or hangs, requests pile up in front of
 * it: then they are bounded by a multiple of what was under way in good times, until it is fast again, or has been so slow for so
 * long that this is the new usual (the gradient idea of Netflix's concurrency-limits and Envoy's adaptive concurrency, without
 * their probing: nothing is refused while the route is as fast as usual).
 */
export class RouteLoad {
  #inFlight = 0;
  #limit = Infinity;
  #windowStart = 0;
  #lastLeft = 0;
  #ended = 0;
  #milliseconds = 0;
  /** Milliseconds that a request usually takes; NaN until enough have ended. */
  #usual = Number.NaN;
  /** Requests that are usually under way at a time. */
  #usualInFlight = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether one more may begin. */
  admits(rank: number, now: number): boolean {
    if (this.#inFlight < FREE) return true;
    if (this.#isSlow(now - this.#lastLeft)) {
      // Nothing comes back any more; what came back before says nothing of how it goes on.
      this.#limit = this.#bound;
      this.#beginWindow(now);
    }
    return this.#inFlight < this.#limit * (SHARES[rank] as number);
  }

  entered(): void {
    this.#inFlight++;
  }

  /** @param milliseconds that the request took */
  left(milliseconds: number, now: number): void {
    this.#inFlight--;
    this.#ended++;
    this.#milliseconds += milliseconds;
    this.#lastLeft = now;
    if (now - this.#windowStart >= WINDOW_MS) this.#judge(now);
  }

  get #bound(): number {
    return Math.max(FREE, this.#usualInFlight);
  }

  /** Nothing is slow while nothing is known of the route: NaN compares with nothing. */
  #isSlow(milliseconds: number): boolean {
    return milliseconds >= SLOW_MS && milliseconds > this.#usual * SLOW_FACTOR;
  }

  #judge(now: number): void {
    const took = this.#milliseconds / this.#ended;
    if (this.#isSlow(took)) this.#limit = this.#bound;
    else {
      this.#limit = Infinity;
      // Little's law, by those that ended: those that pile up while a route begins to be slow must not count as usual.
      this.#usualInFlight = Math.max(this.#milliseconds / (now - this.#windowStart), this.#usualInFlight * KEEP);
    }
    if (this.#ended >= LEARN_FROM) this.#learn(took);
    this.#beginWindow(now);
  }

  #beginWindow(now: number): void {
    this.#windowStart = now;
    this.#ended = 0;
    this.#milliseconds = 0;
  }

  #learn(took: number): void {
    if (Number.isNaN(this.#usual)) this.#usual = took;
    else if (took > this.#usual) this.#usual = Math.min(took, this.#usual * DRIFT);
    else this.#usual += (took - this.#usual) * FALL;
  }
}
