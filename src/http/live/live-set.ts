import type { Clock, Duration } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import { type DeadlineQueue, DeadlineTable } from "../pipeline/deadline.ts";
import type { ConnectionSlots } from "./connection-slots.ts";

/** An answer that stays open: an event stream or a WebSocket. */
export interface Live {
  /** The server is about to stop: say so to the client and end. Never throws. */
  drain(): void;
}

/** Retry-After of a refusal, in seconds: connections that stay open seldom end sooner. */
const RETRY_SECONDS = "10";

/** What a handler holds open, bounded over all threads, with the timers that it shares. */
export class LiveSet {
  readonly #slots: ConnectionSlots;
  readonly #open = new Map<Live, number>();
  readonly #intervals: DeadlineTable;
  #draining = false;

  constructor(slots: ConnectionSlots, clock: Clock) {
    this.#slots = slots;
    this.#intervals = new DeadlineTable(clock);
  }

  /** Open in this thread. */
  get size(): number {
    return this.#open.size;
  }

  /** @throws E_HTTP_LIVE_LIMIT, E_HTTP_SHUTTING_DOWN */
  enter(one: Live): void {
    if (this.#draining) throw errors.SHUTTING_DOWN({}, { headers: { "retry-after": "1" } });
    const place = this.#slots.take();
    if (place === -1) throw errors.LIVE_LIMIT({ limit: this.#slots.places }, { headers: { "retry-after": RETRY_SECONDS } });
    this.#open.set(one, place);
  }

  /** Does nothing for what has left already. */
  leave(one: Live): void {
    const place = this.#open.get(one);
    if (place === undefined) return;
    this.#open.delete(one);
    this.#slots.release(place);
  }

  /** One list and one timer for everything that waits equally long; null for `"0s"`. */
  interval(length: Duration): DeadlineQueue | null {
    return this.#intervals.queueFor(length);
  }

  /** Ends everything that is open, and refuses what would open from now on. */
  drain(): void {
    this.#draining = true;
    for (const one of this.#open.keys()) one.drain();
  }
}
