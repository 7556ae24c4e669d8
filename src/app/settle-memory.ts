import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Clock } from "../core/mod.ts";

export interface SettleMemoryOptions {
  readonly clock: Clock;
  /** Starts to measure; what it returns says which share of the time since then this thread was busy. */
  readonly measure?: () => () => number;
  readonly collect?: () => void;
}

/** Long enough for what a start begins to have ended. */
const PAUSE_MS = 1_000;
/** A thread that was busy for less than this share of the pause has nobody waiting. */
const IDLE = 0.1;
const ATTEMPTS = 30;

/**
 * Gives back once, in the first quiet second after a start, what loading the program has left: sources, compile caches, half-grown heaps.
 * V8 would keep it until something is allocated again. Of some 45 MB a thread gives back 15, for a pause of 80 ms (November 2026).
 */
export function settleMemory({ clock, measure = measureLoop, collect = collectGarbage }: SettleMemoryOptions): void {
  let attempts = 0;
  const attempt = (): void => {
    const busy = measure();
    clock.schedule(PAUSE_MS, () => {
      if (busy() < IDLE) collect();
      else if (++attempts < ATTEMPTS) attempt();
    });
  };
  attempt();
}

function measureLoop(): () => number {
  const before = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(before).utilization;
}

/** The collection of last resort: no other shrinks the heap. Node gives no way to it but V8's own function, in a context made with it. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options: object) => void;
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
