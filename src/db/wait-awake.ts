import { type Clock, delay } from "../core/mod.ts";

/** The longest that Node takes, in milliseconds. */
const LONG = 2 ** 31 - 1;

/**
 * As `delay` of core, but the process stays up meanwhile: a clock's timers alone do not keep it, and a script on SQLite has no socket that would.
 */
export async function waitAwake(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  const hold = setInterval(() => undefined, LONG);
  try {
    await delay(clock, milliseconds, signal);
  } finally {
    clearInterval(hold);
  }
}
