// Server-sent events to many: what does one delivered event cost?
import { type Comparison, compare } from "../harness/compare.ts";
import { contendersIn } from "../harness/contender.ts";
import type { BenchmarkOptions } from "../main.ts";

const COMPARISON: Comparison = {
  name: "sse",
  contenders: contendersIn(new URL("./", import.meta.url), [
    { name: "bare", title: "bare `node:http`" },
    { name: "plinth", title: "**Plinth**, all defaults on", metrics: "admin" },
    { name: "fastify", title: "Fastify, plain streams", packages: ["fastify"] },
    { name: "hono", title: "Hono on Node, `streamSSE`", packages: ["hono", "@hono/node-server"] },
    { name: "express", title: "Express", packages: ["express"] },
  ]),
  traffic: new URL("./traffic.ts", import.meta.url),
  load: new URL("../harness/fan-out-load.ts", import.meta.url),
  connections: 500,
  full: { rounds: 5, warmUp: 5_000, measured: 5_000 },
  ratiosTo: ["bare", "fastify"],
  saturating: false, // the server publishes at a fixed rate
  targets: [],
  unit: "message",
};

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  return compare(COMPARISON, options);
}
