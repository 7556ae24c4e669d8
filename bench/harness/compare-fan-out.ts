import type { BenchmarkOptions } from "../main.ts";
import { type Comparison, compare } from "./compare.ts";

/** Compares what one delivered message costs, when a server sends each to many. @returns whether every asserted target holds */
export function compareFanOut(
  comparison: Pick<Comparison, "name" | "contenders" | "traffic">,
  options: BenchmarkOptions,
): Promise<boolean> {
  return compare(
    {
      ...comparison,
      load: new URL("./fan-out-load.ts", import.meta.url),
      connections: 500,
      full: { rounds: 5, warmUp: 5_000, measured: 5_000 },
      ratiosTo: ["bare", "fastify"],
      saturating: false, // the server publishes at a fixed rate
      targets: [],
      unit: "message",
    },
    options,
  );
}
