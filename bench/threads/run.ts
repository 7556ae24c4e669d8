// What a second thread adds when requests do work. The load costs next to nothing here, so the server gets both cores.
import { type Comparison, compare } from "../harness/compare.ts";
import { contendersIn, withVariants } from "../harness/contender.ts";
import type { BenchmarkOptions } from "../main.ts";

const COMPARISON: Comparison = {
  name: "threads",
  contenders: contendersIn(
    new URL("./", import.meta.url),
    withVariants(
      [
        { name: "bare", title: "bare node:http in worker threads", pinned: false },
        { name: "plinth", title: "**Plinth**", metrics: "admin", pinned: false },
      ],
      ["1", "2"],
    ),
  ),
  traffic: new URL("./traffic.ts", import.meta.url),
  // Few: more requests of three milliseconds at a time are a queue that Plinth refuses.
  connections: 8,
  full: { rounds: 5, warmUp: 3_000, measured: 3_000 },
  ratiosTo: [],
  // Twice the threads answer at least 1.8 times as much.
  targets: [{ metric: "requestsPerSecond", of: "plinth/1", to: "plinth/2", most: 1 / 1.8 }],
};

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  return compare(COMPARISON, options);
}
