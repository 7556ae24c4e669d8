// A thread is inside for about 50 ns. Whoever still waits after the spinning has been overtaken by the scheduler, or the holder is dead.
const SPINS = 2_000;
const NAPS = 20;
const NAP_MILLISECONDS = 1;

/**
 * Takes a lock: a word of shared memory that holds 0, or 1 + the index of the thread that is inside.
 *
 * @param owner 1 + the index of this thread
 * @returns whether it was had within a bounded time: a few microseconds of spinning, then at most 20 naps of 1 ms
 */
export function lockWord(locks: Int32Array, word: number, owner: number): boolean {
  return Atomics.compareExchange(locks, word, 0, owner) === 0 || contend(locks, word, owner);
}

function contend(locks: Int32Array, word: number, owner: number): boolean {
  for (let spin = 0; spin < SPINS; spin += 1) {
    if (Atomics.load(locks, word) === 0 && Atomics.compareExchange(locks, word, 0, owner) === 0) return true;
  }
  for (let nap = 0; nap < NAPS; nap += 1) {
    // Nobody notifies: that would cost every check more than these naps cost the rare one.
    const holder = Atomics.load(locks, word);
    if (holder !== 0) Atomics.wait(locks, word, holder, NAP_MILLISECONDS);
    if (Atomics.compareExchange(locks, word, 0, owner) === 0) return true;
  }
  return false;
}

/** Gives a lock back. Does nothing when it was taken away meanwhile. */
export function unlockWord(locks: Int32Array, word: number, owner: number): void {
  Atomics.compareExchange(locks, word, owner, 0);
}
