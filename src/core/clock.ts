/** A pending call made by {@link Clock.schedule}. */
export interface Timer {
  cancel(): void;
}

/**
 * Where time comes from. Everything in Plinth that measures or waits takes a clock, so that tests can move it by hand.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970. May jump when the machine's clock is set: for time stamps only. */
  now(): number;
  /** Milliseconds that never jump and have the same zero in every thread of the process: for measuring and for expiry. */
  monotonic(): number;
  /** Calls back once after `milliseconds`. A pending timer alone does not keep the process alive. */
  schedule(milliseconds: number, callback: () => void): Timer;
}

// performance.now() starts at 0 in every thread; hrtime is the machine's. Their difference makes threads agree.
const [seconds, nanoseconds] = process.hrtime();
const OFFSET = seconds * 1_000 + nanoseconds / 1e6 - performance.now();

/** Node fires a timer beyond this (24.8 days) at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

function scheduleInSteps(milliseconds: number, callback: () => void): Timer {
  const step = (): void => {
    timer = systemClock.schedule(milliseconds - LONGEST_TIMER, callback);
  };
  let timer = systemClock.schedule(LONGEST_TIMER, step);
  return { cancel: () => timer.cancel() };
}

/** The real clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now() + OFFSET,
  schedule(milliseconds: number, callback: () => void): Timer {
    if (milliseconds > LONGEST_TIMER) return scheduleInSteps(milliseconds, callback);
    const handle = setTimeout(callback, milliseconds);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
});

/**
 * Waits; resolves early when the signal is aborted.
 *
 * @param milliseconds how long
 * @param signal ends the wait early
 */
export function delay(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = clock.schedule(milliseconds, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
