import { type Comparison, compare } from "../harness/compare.ts";
import { contendersIn } from "../harness/contender.ts";
import type { BenchmarkOptions } from "../main.ts";
import { FOLDER, SERVERS } from "./contenders.ts";

const COMPARISON: Comparison = {
  name: "hello",
  contenders: contendersIn(FOLDER, SERVERS),
  traffic: new URL("./traffic.ts", import.meta.url),
  connections: 32,
  full: { rounds: 5, warmUp: 8_000, measured: 3_000 },
  ratiosTo: ["bare", "fastify"],
  targets: [
    { metric: "cpuMicroseconds", of: "plinth-plain", to: "fastify", most: 1.05 },
    { metric: "cpuMicroseconds", of: "plinth", to: "fastify", most: 1.5 },
  ],
};

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  return compare(COMPARISON, options);
}
