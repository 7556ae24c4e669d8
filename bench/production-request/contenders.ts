import { type Contender, contendersIn } from "../harness/contender.ts";

export const contenders: readonly Contender[] = contendersIn(new URL("./", import.meta.url), [
  { name: "bare", title: "bare `node:http`", traffic: "echo" },
  { name: "plinth", title: "**Plinth**", metrics: "admin" },
  {
    name: "fastify",
    title: "Fastify",
    packages: ["fastify", "@fastify/helmet", "@fastify/cors", "@fastify/jwt", "@fastify/rate-limit", "fastify-metrics", "pino"],
  },
  {
    name: "express",
    title: "Express",
    packages: ["express", "helmet", "cors", "jsonwebtoken", "express-rate-limit", "zod", "prom-client", "pino-http"],
  },
  {
    name: "nest",
    title: "NestJS on Fastify",
    packages: ["@nestjs/core", "@nestjs/platform-fastify", "@nestjs/jwt", "class-validator", "nestjs-pino"],
  },
  {
    name: "hono",
    title: "Hono on Node",
    packages: ["hono", "@hono/node-server", "@hono/zod-validator", "@hono/prometheus", "hono-rate-limiter", "hono-pino"],
  },
]);
