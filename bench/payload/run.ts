import { fileURLToPath } from "node:url";
import { type Comparison, compare } from "../harness/compare.ts";
import { contendersIn, withVariants } from "../harness/contender.ts";
import type { BenchmarkOptions } from "../main.ts";

/** The floor of a production request, which echoes JSON, is the floor here too. */
const BARE = fileURLToPath(new URL("../production-request/bare.ts", import.meta.url));
const SIZES = ["1 kB", "10 kB", "100 kB", "1000 kB"];

const COMPARISON: Comparison = {
  name: "payload",
  contenders: contendersIn(
    new URL("./", import.meta.url),
    withVariants(
      [
        { name: "bare", title: "bare `node:http`", file: BARE },
        { name: "plinth", title: "**Plinth**, all defaults on", metrics: "admin" },
        { name: "fastify", title: "Fastify", packages: ["fastify"] },
        { name: "hono", title: "Hono on Node", packages: ["hono", "@hono/node-server"] },
        { name: "express", title: "Express", packages: ["express"] },
      ],
      SIZES,
    ),
  ),
  traffic: new URL("./traffic.ts", import.meta.url),
  connections: 8,
  full: { rounds: 3, warmUp: 4_000, measured: 2_000 },
  ratiosTo: ["bare", "fastify"],
  targets: [],
};

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  return compare(COMPARISON, options);
}
