// Fastify with its own plugins, the way its documentation puts them together.
import { randomUUID } from "node:crypto";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import jwt from "@fastify/jwt";
import rateLimit from "@fastify/rate-limit";
import fastify, { LogController } from "fastify";
import metrics from "fastify-metrics";
import pino from "pino";
import { openAccessLog } from "./access-log.ts";
import { announceReady, HOST, LIMIT, ORIGIN, PORT, SECRET } from "./settings.ts";

const app = fastify({
  loggerInstance: pino({}, openAccessLog()),
  // Two lines per request by default; the hook below writes the one that was asked for.
  logController: new LogController({ disableRequestLogging: true }),
  genReqId: () => randomUUID(),
});

app.addHook("onRequest", async (request, reply) => {
  reply.header("x-request-id", request.id);
});
app.addHook("onResponse", async (request, reply) => {
  request.log.info(
    { method: request.method, url: request.url, statusCode: reply.statusCode, responseTime: reply.elapsedTime },
    "request completed",
  );
});

// The summary beside the histogram was not asked for and is left out.
await app.register(metrics.default, { endpoint: "/metrics", routeMetrics: { enabled: { histogram: true, summary: false } } });
await app.register(helmet);
await app.register(cors, { origin: [ORIGIN] });
await app.register(rateLimit, { max: LIMIT.requests, timeWindow: LIMIT.windowMilliseconds });
await app.register(jwt, { secret: SECRET, verify: { algorithms: ["HS256"], cache: true } });

interface Order {
  Params: { id: string };
  Body: { sku: string; qty: number };
}

app.post<Order>(
  "/orders/:id",
  {
    onRequest: async (request) => {
      await request.jwtVerify();
    },
    schema: {
      body: {
        type: "object",
        required: ["sku", "qty"],
        properties: { sku: { type: "string", minLength: 1 }, qty: { type: "integer", minimum: 1 } },
      },
      response: {
        200: {
          type: "object",
          properties: {
            id: { type: "string" },
            sku: { type: "string" },
            qty: { type: "integer" },
            user: { type: "string" },
          },
        },
      },
    },
  },
  async ({ params, body, user }) => ({
    id: params.id,
    sku: body.sku,
    qty: body.qty,
    user: (user as { sub: string }).sub,
  }),
);

await app.listen({ port: PORT, host: HOST });
announceReady();
