// The servers of `hello` with more routes, and requests to all of them.
import { type Comparison, compare } from "../harness/compare.ts";
import { contendersIn, withVariants } from "../harness/contender.ts";
import { FOLDER, SERVERS } from "../hello/contenders.ts";
import type { BenchmarkOptions } from "../main.ts";

const COUNTS = ["10", "100", "1000"];
/** What counts as flat: noise between two runs of the same server reaches a tenth. */
const FLAT = 1.15;

const COMPARISON: Comparison = {
  name: "routes",
  contenders: contendersIn(
    FOLDER,
    withVariants(
      SERVERS.filter(({ name }) => name !== "plinth"),
      COUNTS,
    ),
  ),
  traffic: new URL("../hello/traffic.ts", import.meta.url),
  connections: 32,
  full: { rounds: 3, warmUp: 5_000, measured: 2_000 },
  ratiosTo: ["fastify"],
  targets: COUNTS.slice(1).map((count) => ({
    metric: "cpuMicroseconds",
    of: `plinth-plain/${count}`,
    to: "plinth-plain/10",
    most: FLAT,
  })),
};

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  return compare(COMPARISON, options);
}
