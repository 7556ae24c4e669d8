import type { Clock } from "../../core/mod.ts";
import { FlightLimit } from "./flight-limit.ts";

export interface LoopLoadOptions {
  readonly clock: Clock;
  /** Milliseconds that a turn of the loop may last before requests of normal priority that are looked at in it are refused. */
  readonly target: number;
  /** Called when an overload begins and when it is over. */
  readonly changed: (overloaded: boolean) => void;
  /** Calls back at the end of this turn of the event loop. Default `setImmediate`. */
  readonly atTurnEnd?: (callback: () => void) => void;
}

/** What a rank may use of a turn, as a multiple of the target: low, normal, high. */
const SHARES = [0.25, 1, 2] as const;
/** The loop is overloaded when it has had no short turn for this long, and several long ones: neither one slow request nor a burst is. */
const STANDING_MS = 500;
const STANDING_TURNS = 3;
/** An overload is over when there was no long turn for this long. */
const CALM_MS = 500;
/** While requests of one rank had to be refused within this time, those of lower ranks wait. */
const HOLD_MS = 250;
/** Requests that are no queue: so many are taken in a turn that is longer than its target, but not so much longer. */
const FEW = 8;
const FEW_SHARE = 4;
/** Turns longer than this multiple of the target are not explained by the requests that they took: too many were under way before. */
const EXCESS = 2;

/**
 * Whether the event loop keeps up. Between two turns the kernel collects what has arrived, and a turn works it off in order of
 * arrival: so the time that a turn has run when a request is looked at is a time that this request has waited, and while turns
 * stay long a queue stands in front of the loop.
 *
 * That is judged as CoDel judges a queue (Nichols and Jacobson, 2012): length alone is harmless, only one that does not empty is
 * an overload. Then each turn takes requests up to its target and refuses the others: no request waits longer than about two
 * turns, and there is always work.
 *
 * perf: a number is compared for every request; the clock is read once a turn, and only in turns that have requests.
 */
export class LoopLoad {
  readonly #clock: Clock;
  readonly #target: number;
  readonly #budgets: readonly number[];
  readonly #changed: (overloaded: boolean) => void;
  readonly #atTurnEnd: (callback: () => void) => void;
  readonly #flight = new FlightLimit();
  readonly #onTurnEnd = (): void => this.#endTurn();
  /** The end of the present turn will be noticed. */
  #watching = false;
  #turnStart = 0;
  #admitted = 0;
  #inFlightBefore = 0;
  #lastShort = 0;
  #lastLong = 0;
  #longTurns = 0;
  #overloaded = false;
  #heldRank = -1;
  #heldUntil = 0;

  constructor(options: LoopLoadOptions) {
    this.#clock = options.clock;
    this.#target = options.target;
    this.#budgets = SHARES.map((share) => share * options.target);
    this.#changed = options.changed;
    this.#atTurnEnd = options.atTurnEnd ?? setImmediate;
  }

  get overloaded(): boolean {
    return this.#overloaded;
  }

  /**
   * Whether a request may be worked on.
   *
   * @param rank of its route's priority
   * @param now monotonic milliseconds
   */
  admits(rank: number, now: number): boolean {
    if (!this.#watching) this.#begin(now);
    // A turn so long behind another long one: its end, at which turns are judged, may be far.
    else if (this.#longTurns > 0 && !this.#overloaded && now - this.#turnStart > STANDING_MS) this.#enter();
    if (this.#overloaded && this.#refuses(rank, now)) return false;
    this.#admitted++;
    return true;
  }

  /** Milliseconds that the present turn had run then, as far as it was watched. */
  waited(then: number): number {
    return this.#watching ? Math.max(0, then - this.#turnStart) : 0;
  }

  /** A request that was admitted is under way until {@link LoopLoad.left}. */
  entered(): void {
    this.#flight.entered();
  }

  left(now: number): void {
    // The first answer of a turn that has taken no requests yet: so the work on them counts as part of it.
    if (!this.#watching) this.#begin(now);
    this.#flight.left();
  }

  #refuses(rank: number, now: number): boolean {
    if (!this.#flight.admits(rank)) return true;
    if (rank < this.#heldRank && now < this.#heldUntil) return true;
    const elapsed = now - this.#turnStart;
    if (elapsed <= (this.#budgets[rank] as number) || this.#admitted === 0) return false;
    if (this.#admitted < FEW && elapsed <= this.#target * FEW_SHARE) return false;
    if (rank >= this.#heldRank || now >= this.#heldUntil) {
      this.#heldRank = rank;
      this.#heldUntil = now + HOLD_MS;
    }
    return true;
  }

  /** The loop was idle, or busy with so little that nobody looked. */
  #begin(now: number): void {
    this.#lastShort = now;
    this.#longTurns = 0;
    this.#watch(now);
  }

  #watch(now: number): void {
    this.#watching = true;
    this.#turnStart = now;
    this.#admitted = 0;
    this.#inFlightBefore = this.#flight.inFlight;
    this.#atTurnEnd(this.#onTurnEnd);
  }

  #endTurn(): void {
    const now = this.#clock.monotonic();
    const length = now - this.#turnStart;
    this.#watching = false;
    if (length < this.#target) {
      this.#lastShort = now;
      this.#longTurns = 0;
      // Behind a turn that did next to nothing the loop may wait for events, and waiting is not work: the next request begins anew.
      if (length < (this.#budgets[0] as number)) return;
    } else {
      this.#longTurns++;
      this.#lastLong = now;
      if (!this.#overloaded && this.#longTurns >= STANDING_TURNS && now - this.#lastShort > STANDING_MS) this.#enter();
      const excess = length / (this.#target * EXCESS);
      if (this.#overloaded && excess > 1) this.#flight.cut(excess, this.#inFlightBefore);
    }
    this.#watch(now);
  }

  #enter(): void {
    this.#overloaded = true;
    this.#changed(true);
    this.#clock.schedule(CALM_MS, () => this.#leaveWhenCalm());
  }

  #leaveWhenCalm(): void {
    const now = this.#clock.monotonic();
    const isInLongTurn = this.#watching && now - this.#turnStart >= this.#target;
    const quiet = isInLongTurn ? 0 : now - this.#lastLong;
    if (quiet < CALM_MS) {
      this.#clock.schedule(Math.max(1, CALM_MS - quiet), () => this.#leaveWhenCalm());
      return;
    }
    this.#overloaded = false;
    this.#heldRank = -1;
    this.#flight.lift();
    this.#changed(false);
  }
}
