// Server-sent events to many: what does one delivered event cost?
import { compareFanOut } from "../harness/compare-fan-out.ts";
import { contendersIn } from "../harness/contender.ts";
import type { BenchmarkOptions } from "../main.ts";

const COMPARISON = {
  name: "sse",
  contenders: contendersIn(new URL("./", import.meta.url), [
    { name: "bare", title: "bare `node:http`" },
    { name: "plinth", title: "**Plinth**, all defaults on", metrics: "admin" },
    { name: "fastify", title: "Fastify, plain streams", packages: ["fastify"] },
    { name: "hono", title: "Hono on Node, `streamSSE`", packages: ["hono", "@hono/node-server"] },
    { name: "express", title: "Express", packages: ["express"] },
  ]),
  traffic: new URL("./traffic.ts", import.meta.url),
};

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  return compareFanOut(COMPARISON, options);
}
