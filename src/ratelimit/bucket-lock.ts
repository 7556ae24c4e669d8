// A thread is inside for about 50 ns. Whoever still waits after the spinning has been overtaken by the scheduler, or the holder is dead.
const SPINS = 2_000;
const NAPS = 20;
const NAP_MILLISECONDS = 1;

/**
 * Takes a bucket's lock.
 *
 * @param owner 1 + the index of this thread
 * @returns whether it was had within a bounded time: a few microseconds of spinning, then at most 20 naps of 1 ms
 */
export function lockBucket(locks: Int32Array, bucket: number, owner: number): boolean {
  return Atomics.compareExchange(locks, bucket, 0, owner) === 0 || contend(locks, bucket, owner);
}

function contend(locks: Int32Array, bucket: number, owner: number): boolean {
  for (let spin = 0; spin < SPINS; spin += 1) {
    if (Atomics.load(locks, bucket) === 0 && Atomics.compareExchange(locks, bucket, 0, owner) === 0) return true;
  }
  for (let nap = 0; nap < NAPS; nap += 1) {
    // Nobody notifies: that would cost every check more than these naps cost the rare one.
    const holder = Atomics.load(locks, bucket);
    if (holder !== 0) Atomics.wait(locks, bucket, holder, NAP_MILLISECONDS);
    if (Atomics.compareExchange(locks, bucket, 0, owner) === 0) return true;
  }
  return false;
}

/** Gives a lock back. Does nothing when it was taken away meanwhile. */
export function unlockBucket(locks: Int32Array, bucket: number, owner: number): void {
  Atomics.compareExchange(locks, bucket, owner, 0);
}
