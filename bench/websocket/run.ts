// WebSocket messages to many: what does one delivered message cost?
import { compareFanOut } from "../harness/compare-fan-out.ts";
import { contendersIn } from "../harness/contender.ts";
import type { BenchmarkOptions } from "../main.ts";

const COMPARISON = {
  name: "websocket",
  contenders: contendersIn(new URL("./", import.meta.url), [
    { name: "bare", title: "bare `node:http` and ws" },
    { name: "plinth", title: "**Plinth**, all defaults on", metrics: "admin" },
    { name: "fastify", title: "Fastify and ws", packages: ["fastify"] },
    { name: "hono", title: "Hono on Node, `upgradeWebSocket`", packages: ["hono", "@hono/node-server"] },
    { name: "express", title: "Express and ws", packages: ["express"] },
  ]),
  traffic: new URL("./traffic.ts", import.meta.url),
};

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  return compareFanOut(COMPARISON, options);
}
