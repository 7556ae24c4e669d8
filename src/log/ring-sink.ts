import type { LogSink } from "./contract.ts";
import { Doorbell } from "./doorbell.ts";
import { Ring } from "./ring.ts";

export interface RingSinkOptions {
  /** This thread's own ring, made by {@link createLogRing}. No other thread may write to it. */
  readonly ring: SharedArrayBuffer;
  /** The reader's doorbell, made by {@link createDoorbell}. */
  readonly doorbell: SharedArrayBuffer;
}

/**
 * A thread's way to the one writer of the process. A line is in shared memory when `write` returns: it survives the thread, however that
 * ends. When the ring is full, lines are dropped and counted; the thread never waits.
 *
 * @throws E_LOG_RING_TOO_SMALL
 */
export function createRingSink(options: RingSinkOptions): LogSink {
  const ring = new Ring(options.ring);
  const doorbell = new Doorbell(options.doorbell);
  return {
    write(line: string): void {
      ring.push(line);
      doorbell.ring();
    },
    flushSync(): void {}, // what was written needs this thread no more
    get dropped(): number {
      return ring.dropped;
    },
  };
}
