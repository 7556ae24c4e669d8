// Hono on its Node server, with its built-in middleware first and the community's where it has none.
import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { prometheus } from "@hono/prometheus";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { jwt, type JwtVariables } from "hono/jwt";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { pinoLogger } from "hono-pino";
import { rateLimiter } from "hono-rate-limiter";
import pino from "pino";
import { z } from "zod";
import { openAccessLog } from "./access-log.ts";
import { announceReady, HOST, LIMIT, ORIGIN, PORT, SECRET } from "./settings.ts";

// Imported once: a secret given as text is imported again for every request.
const key = await crypto.subtle.importKey("raw", Buffer.from(SECRET), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
const { printMetrics, registerMetrics } = prometheus({
  collectDefaultMetrics: true,
  metricOptions: { requestsTotal: { disabled: true } }, // the histogram counts them already
});

const app = new Hono<{ Variables: JwtVariables<{ sub: string }> }>();
app.get("/metrics", printMetrics);
app.use(registerMetrics);
app.use(requestId({ headerName: "x-request-id" }));
app.use(
  pinoLogger({
    pino: pino({}, openAccessLog()),
    http: {
      // All headers by default; method and url are what was asked for.
      onReqBindings: (c) => ({ req: { method: c.req.method, url: c.req.path } }),
      onResBindings: (c) => ({ res: { status: c.res.status } }),
    },
  }),
);
app.use(secureHeaders());
app.use(cors({ origin: [ORIGIN] }));
app.use(
  rateLimiter({
    windowMs: LIMIT.windowMilliseconds,
    limit: LIMIT.requests,
    standardHeaders: "draft-7",
    keyGenerator: (c) => getConnInfo(c).remote.address ?? "unknown",
  }),
);

const Order = z.object({ sku: z.string().min(1), qty: z.int().min(1) });

app.post("/orders/:id", jwt({ secret: key, alg: "HS256" }), zValidator("json", Order), (c) => {
  const { sku, qty } = c.req.valid("json");
  return c.json({ id: c.req.param("id"), sku, qty, user: c.get("jwtPayload").sub });
});

serve({ fetch: app.fetch, port: PORT, hostname: HOST }, announceReady);
