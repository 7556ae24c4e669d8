/** Lines a second. */
const LINES = 20;
const SECOND = 1_000;

/**
 * Bounds how many refusals are logged one by one: writing a line for each would be work of its own while there is more than enough.
 * All of them are counted.
 */
export function createLineAllowance(): (now: number) => boolean {
  let since = -Infinity;
  let written = 0;
  return (now) => {
    if (now - since >= SECOND) {
      since = now;
      written = 0;
    }
    return written++ < LINES;
  };
}
