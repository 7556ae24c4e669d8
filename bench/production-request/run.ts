import type { BenchmarkOptions } from "../main.ts";
import { type Comparison, compare } from "../harness/compare.ts";
import type { Contender } from "../harness/contender.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { countAccessLines } from "./access-lines.ts";
import { checkConformance, readHistogramCount } from "./conformance.ts";
import { contenders } from "./contenders.ts";

const COMPARISON: Comparison = {
  name: "production-request",
  contenders,
  traffic: new URL("./traffic.ts", import.meta.url),
  connections: 32,
  full: { rounds: 5, warmUp: 10_000, measured: 3_000 },
  ratiosTo: ["bare", "fastify"],
  targets: [
    { metric: "cpuMicroseconds", of: "plinth", to: "bare", most: 1.8 },
    { metric: "cpuMicroseconds", of: "plinth", to: "fastify", most: 0.55 },
    { metric: "cpuMicroseconds", of: "plinth", to: "nest", most: 0.25 },
    { metric: "startupMilliseconds", of: "plinth", to: "fastify", most: 2 },
  ],
  async examine(server, contender) {
    if (isBare(contender)) return;
    await checkConformance(server);
    console.log(`${contender.name} does the whole work`);
  },
  verify: checkBooks,
};

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  return compare(COMPARISON, options);
}

/** The bare server echoes the body and does nothing else. */
function isBare(contender: Contender): boolean {
  return contender.name === "bare";
}

/** A server that drops log lines or counts under load would be timed doing less work. */
async function checkBooks(server: ServerProcess, contender: Contender, total: number): Promise<void> {
  if (isBare(contender)) return;
  const logged = await countAccessLines(server.logFile, total);
  const counted = await readHistogramCount(server.metricsUrl);
  if (logged !== total || counted !== total)
    throw new Error(`${contender.name} answered ${total} requests, logged ${logged} and counted ${counted}`);
}
