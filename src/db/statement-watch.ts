import type { Clock } from "../core/mod.ts";

/** Something that runs and may have to be stopped. */
export interface Watched {
  /** Called every {@link SWEEP_INTERVAL} while it runs, the first time at most that long after its start. */
  sweep(now: number): void;
}

/** Milliseconds between two looks at what runs. A statement is stopped at most this long after its time. */
export const SWEEP_INTERVAL = 10;

/**
 * One timer for all statements of a database. Most statements end before it fires for the first time: they cost an entry in a set, no timer
 * and no listener of their own.
 */
export class StatementWatch {
  readonly #clock: Clock;
  readonly #running = new Set<Watched>();
  #isTicking = false;
  readonly #tick = (): void => {
    this.#isTicking = false;
    if (this.#running.size === 0) return;
    const now = this.#clock.monotonic();
    for (const watched of this.#running) watched.sweep(now);
    if (this.#running.size > 0) this.#schedule();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(watched: Watched): void {
    this.#running.add(watched);
    if (!this.#isTicking) this.#schedule();
  }

  #schedule(): void {
    this.#isTicking = true;
    this.#clock.schedule(SWEEP_INTERVAL, this.#tick);
  }

  delete(watched: Watched): void {
    this.#running.delete(watched);
  }
}
