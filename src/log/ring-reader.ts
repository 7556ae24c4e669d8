import { type Clock, type Duration, parseDuration, systemClock } from "../core/mod.ts";
import type { LogSink } from "./contract.ts";
import { Doorbell } from "./doorbell.ts";
import { formatDropNotice } from "./drop-notice.ts";
import { Ring } from "./ring.ts";

export interface RingReaderOptions {
  /** The rings there are now; asked at every look, so that threads may come and go. */
  readonly rings: () => Iterable<SharedArrayBuffer>;
  readonly doorbell: SharedArrayBuffer;
  /** The only writer of the process. */
  readonly sink: LogSink;
  /** How long lines gather after the first one, before all are taken together. Default `"20ms"`. */
  readonly batch?: Duration;
  readonly clock?: Clock;
}

/** Moves lines from all rings to one sink. */
export interface RingReader {
  /** Moves what is there now. Also for when a thread has died, and on the way out. */
  drain(): void;
  /** Drains whenever somebody has written, until `stop`. Does not keep the process alive. */
  start(): void;
  /** Drains a last time and ends. */
  stop(): void;
  /** Lines that did not fit into their ring, all rings together, those that are gone included. */
  readonly dropped: number;
}

/**
 * Reads the threads' rings. Lines of one ring keep their order and stay whole; lines lost to a full ring are reported by a line.
 *
 * @throws E_CORE_DURATION_INVALID
 */
export function createRingReader(options: RingReaderOptions): RingReader {
  return new DoorbellReader(options);
}

class DoorbellReader implements RingReader {
  readonly #rings: () => Iterable<SharedArrayBuffer>;
  readonly #sink: LogSink;
  readonly #clock: Clock;
  readonly #batch: number;
  readonly #doorbell: Doorbell;
  /** Rings by their memory, with the drops that were reported. */
  readonly #views = new WeakMap<SharedArrayBuffer, { readonly ring: Ring; reported: number }>();
  /** What runs now: a pass that was under way when another began knows by it that its time is over. */
  #run: object | undefined;
  #dropped = 0;

  constructor(options: RingReaderOptions) {
    this.#rings = options.rings;
    this.#sink = options.sink;
    this.#clock = options.clock ?? systemClock;
    this.#batch = parseDuration(options.batch ?? "20ms");
    this.#doorbell = new Doorbell(options.doorbell);
  }

  get dropped(): number {
    return this.#dropped;
  }

  drain(): void {
    for (const segment of this.#rings()) {
      const view = this.#view(segment);
      // Counted before the lines are taken: what is dropped later is reported later, never twice.
      const lost = (view.ring.dropped - view.reported) >>> 0;
      const lines = view.ring.take();
      if (lines !== undefined) this.#pass(lines);
      if (lost === 0) continue;
      view.reported += lost;
      this.#dropped += lost;
      this.#sink.write(formatDropNotice(this.#clock, lost));
    }
  }

  #view(segment: SharedArrayBuffer): { readonly ring: Ring; reported: number } {
    let view = this.#views.get(segment);
    if (view === undefined) {
      view = { ring: new Ring(segment), reported: 0 };
      this.#views.set(segment, view);
    }
    return view;
  }

  #pass(lines: Buffer): void {
    if (this.#sink.writeChunk !== undefined) {
      this.#sink.writeChunk(lines);
      return;
    }
    const text = lines.toString("utf8");
    for (let start = 0; start < text.length;) {
      const end = text.indexOf("\n", start) + 1;
      this.#sink.write(text.slice(start, end));
      start = end;
    }
  }

  start(): void {
    if (this.#run !== undefined) return;
    this.#run = {};
    this.#rest(this.#run);
  }

  /** Sleeps until somebody has written, lets lines gather for a moment, drains, and rests again. */
  #rest(run: object): void {
    const woken = this.#doorbell.sleep();
    if (this.#hasLines()) this.#doorbell.ring();
    void woken.then(() => this.#clock.schedule(this.#batch, () => this.#round(run)));
  }

  #round(run: object): void {
    if (this.#run !== run) return;
    this.drain();
    this.#rest(run);
  }

  #hasLines(): boolean {
    for (const segment of this.#rings()) if (!this.#view(segment).ring.isEmpty) return true;
    return false;
  }

  stop(): void {
    if (this.#run === undefined) return;
    this.#run = undefined;
    this.#doorbell.ring(); // ends the wait
    this.drain();
  }
}
