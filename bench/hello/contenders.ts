import type { ContenderParts } from "../harness/contender.ts";

export const FOLDER: URL = new URL("./", import.meta.url);

export const SERVERS: readonly ContenderParts[] = [
  { name: "bare", title: "bare `node:http`" },
  { name: "plinth-plain", title: "**Plinth**, all off that Fastify lacks" },
  { name: "plinth", title: "**Plinth**, all defaults on", metrics: "admin" },
  { name: "fastify", title: "Fastify", packages: ["fastify"] },
  { name: "hono", title: "Hono on Node", packages: ["hono", "@hono/node-server"] },
  { name: "express", title: "Express", packages: ["express"] },
];
