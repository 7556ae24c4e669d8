import type { Clock } from "../../core/mod.ts";

/** How long the steps of one request took. */
export class StepTimes {
  readonly #clock: Clock;
  readonly #durations = new Map<string, number>();
  #told = false;

  /** @param queued milliseconds that the turn of the event loop had run when the request was looked at */
  constructor(clock: Clock, queued: number) {
    this.#clock = clock;
    this.#durations.set("queue", queued);
  }

  add(name: string, began: number): void {
    this.#durations.set(name, (this.#durations.get(name) ?? 0) + this.#clock.monotonic() - began);
  }

  /**
   * The field's value (W3C Server Timing), in milliseconds; null once it was asked for.
   *
   * @param startedAt when the request came
   */
  tell(startedAt: number): string | null {
    if (this.#told) return null;
    this.#told = true;
    const total = this.#clock.monotonic() - startedAt;
    const metrics = [...this.#durations, ["total", total] as const];
    return metrics.map(([name, milliseconds]) => `${name};dur=${Math.round(milliseconds * 1_000) / 1_000}`).join(", ");
  }
}
