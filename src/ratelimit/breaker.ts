import type { Clock, Timer } from "../core/mod.ts";

export interface BreakerOptions {
  readonly clock: Clock;
  /** Whether what was away is there again: rejects while it is not. */
  readonly probe: () => Promise<unknown>;
  /** Told once per outage, and once at its end. */
  readonly changed: (state: "up" | "down", error: Error | undefined) => void;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;
/** One that fails again sooner than this after it was back is asked less and less often. */
const SETTLED = 10_000;

/** Keeps callers from waiting for what is away: one failure opens it, and it asks by itself, at ever longer intervals, until it may close. */
export class Breaker {
  readonly #options: BreakerOptions;
  #open = false;
  #stopped = false;
  #pause = FIRST_PAUSE;
  #timer: Timer | undefined;
  #closedAt = -Infinity;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  trip(error: Error): void {
    if (this.#open || this.#stopped) return;
    this.#open = true;
    const settled = this.#options.clock.monotonic() - this.#closedAt > SETTLED;
    this.#pause = settled ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, this.#pause * 2);
    this.#schedule();
    this.#options.changed("down", error);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    // Jitter, so that the threads of all machines do not ask at the same moments.
    const pause = this.#pause * (0.75 + Math.random() / 2);
    this.#timer = this.#options.clock.schedule(pause, () => void this.#probe());
  }

  async #probe(): Promise<void> {
    try {
      await this.#options.probe();
    } catch {
      // Still away, as everybody has been told.
      this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
      if (!this.#stopped) this.#schedule();
      return;
    }
    if (this.#stopped) return;
    this.#open = false;
    this.#closedAt = this.#options.clock.monotonic();
    this.#options.changed("up", undefined);
  }
}
