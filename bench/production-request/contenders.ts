import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One server of the comparison. */
export interface Contender {
  readonly name: string;
  /** Its row in the table. */
  readonly title: string;
  /** Entry file, absolute. */
  readonly file: string;
  /** Arguments of Node before the file. */
  readonly nodeArguments: readonly string[];
  /** The packages whose versions identify it. */
  readonly packages: readonly string[];
  /** False only for the bare server, which echoes the body and does nothing else. */
  readonly production: boolean;
  /** Where `/metrics` is: on the public port, or on the port given in METRICS_PORT. */
  readonly metrics: "public" | "admin";
}

type Parts = Pick<Contender, "name" | "title"> & Partial<Contender>;

function contender(parts: Parts): Contender {
  const file = fileURLToPath(new URL(`./${parts.name}.ts`, import.meta.url));
  return { file, nodeArguments: [], packages: [], production: true, metrics: "public", ...parts };
}

const ALL: readonly Contender[] = [
  contender({ name: "bare", title: "bare `node:http`", production: false }),
  contender({ name: "plinth", title: "**Plinth**", nodeArguments: ["--conditions=plinth:source"], metrics: "admin" }),
  contender({
    name: "fastify",
    title: "Fastify",
    packages: ["fastify", "@fastify/helmet", "@fastify/cors", "@fastify/jwt", "@fastify/rate-limit", "fastify-metrics", "pino"],
  }),
  contender({
    name: "express",
    title: "Express",
    packages: ["express", "helmet", "cors", "jsonwebtoken", "express-rate-limit", "zod", "prom-client", "pino-http"],
  }),
  contender({
    name: "nest",
    title: "NestJS on Fastify",
    packages: ["@nestjs/core", "@nestjs/platform-fastify", "@nestjs/jwt", "class-validator", "nestjs-pino"],
  }),
  contender({
    name: "hono",
    title: "Hono on Node",
    packages: ["hono", "@hono/node-server", "@hono/zod-validator", "@hono/prometheus", "hono-rate-limiter", "hono-pino"],
  }),
];

/** Those whose entry file exists. */
export const contenders: readonly Contender[] = ALL.filter(({ file }) => existsSync(file));
