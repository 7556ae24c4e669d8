import type { Clock, Timer } from "../core/mod.ts";

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  /** Timers that have neither fired nor been cancelled. */
  readonly pending: number;
  /**
   * Moves both times forward, and fires synchronously what falls due on the way: by due time, then in the order of scheduling.
   * Each callback sees the time at which it was due; what it schedules fires too if it falls due before the end.
   *
   * @param milliseconds how far, 0 or more
   */
  advance(milliseconds: number): void;
}

interface Entry {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * Makes a clock for tests.
 *
 * @param start wall-clock milliseconds since 1970; default 2026-01-01T00:00:00Z. The monotonic time starts at 1,000, so that
 * a test notices when the two are confused.
 * @example
 * const clock = createFakeClock();
 * clock.schedule(50, () => console.log("due"));
 * clock.advance(50); // prints "due"
 */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Entry>();
  let monotonic = 1_000;
  const wallOffset = start - monotonic;
  return {
    get pending(): number {
      return timers.size;
    },
    now: () => monotonic + wallOffset,
    monotonic: () => monotonic,
    schedule(milliseconds: number, callback: () => void): Timer {
      const entry = { due: monotonic + Math.max(milliseconds, 0), callback };
      timers.add(entry);
      return { cancel: () => void timers.delete(entry) };
    },
    advance(milliseconds: number): void {
      if (!(milliseconds >= 0)) throw new RangeError(`A clock moves forward only, not by ${milliseconds} ms.`);
      const end = monotonic + milliseconds;
      for (let next = earliest(timers); next !== undefined && next.due <= end; next = earliest(timers)) {
        timers.delete(next);
        // A callback may itself have moved the clock past this timer's time.
        monotonic = Math.max(monotonic, next.due);
        next.callback();
      }
      monotonic = Math.max(monotonic, end);
    },
  };
}

/** A set keeps insertion order, so of two timers due together the one scheduled first wins. */
function earliest(timers: ReadonlySet<Entry>): Entry | undefined {
  let found: Entry | undefined;
  for (const timer of timers) if (found === undefined || timer.due < found.due) found = timer;
  return found;
}
