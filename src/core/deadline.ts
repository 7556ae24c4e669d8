import type { Clock } from "./clock.ts";

export interface DeadlineOptions {
  readonly clock: Clock;
  /** How long to wait. */
  readonly milliseconds: number;
  /** Makes the error when the time is over. */
  readonly timedOut: () => Error;
  /** Ends the wait early, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for work, but no longer than the deadline. The work's own signal is aborted when the wait ends first; work that does not heed it goes
 * on unobserved.
 */
export async function runWithDeadline(
  run: (signal: AbortSignal) => void | Promise<void>,
  options: DeadlineOptions,
): Promise<void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (reason: unknown): void => {
    controller.abort(reason);
    reject(reason);
  };
  const leave = (): void => giveUp(signal?.reason);
  const timer = options.clock.schedule(options.milliseconds, () => giveUp(options.timedOut()));
  signal?.addEventListener("abort", leave, { once: true });
  try {
    await Promise.race([run(controller.signal), promise]);
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", leave);
  }
}
