// Express 5 with the middleware that most of its users reach for.
import { randomUUID } from "node:crypto";
import cors from "cors";
import express, { type NextFunction, type Request, type RequestHandler, type Response } from "express";
import { rateLimit } from "express-rate-limit";
import helmet from "helmet";
import jwt from "jsonwebtoken";
import pino from "pino";
import { pinoHttp } from "pino-http";
import { z } from "zod";
import { openAccessLog } from "./access-log.ts";
import { createMetrics } from "./prom-metrics.ts";
import { announceReady, HOST, LIMIT, ORIGIN, PORT, SECRET_KEY } from "./settings.ts";

const app = express();
app.disable("etag"); // an entity tag of a POST answer is of no use

const metrics = createMetrics();
app.get("/metrics", async (_request, response) => {
  response.type(metrics.contentType).send(await metrics.text());
});

app.use(
  pinoHttp({
    logger: pino({}, openAccessLog()),
    genReqId: (_request, response) => {
      const id = randomUUID();
      response.setHeader("x-request-id", id);
      return id;
    },
    // All headers by default; method and url are what was asked for.
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  }),
);
app.use((request, response, next) => {
  const start = performance.now();
  response.on("finish", () => {
    const route = (request.route as { path: string } | undefined)?.path ?? "unmatched";
    metrics.observe(request.method, route, response.statusCode, (performance.now() - start) / 1_000);
  });
  next();
});
app.use(helmet());
app.use(cors({ origin: [ORIGIN] }));
app.use(
  rateLimit({ windowMs: LIMIT.windowMilliseconds, limit: LIMIT.requests, standardHeaders: "draft-8", legacyHeaders: false }),
);

const authenticate: RequestHandler = (request, response, next) => {
  const [scheme, token] = request.headers.authorization?.split(" ") ?? [];
  try {
    if (scheme !== "Bearer" || token === undefined) throw new Error("no bearer token");
    response.locals["user"] = jwt.verify(token, SECRET_KEY, { algorithms: ["HS256"] }).sub;
    next();
  } catch {
    response.status(401).json({ error: "Unauthorized" });
  }
};

const Order = z.object({ sku: z.string().min(1), qty: z.int().min(1) });

app.post("/orders/:id", authenticate, express.json(), (request, response) => {
  const order = Order.safeParse(request.body);
  if (!order.success) {
    response.status(400).json({ error: "Bad Request", issues: order.error.issues });
    return;
  }
  response.json({ id: request.params["id"], sku: order.data.sku, qty: order.data.qty, user: response.locals["user"] });
});

app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
  response.status(500).json({ error: "Internal Server Error" });
});

app.listen(PORT, HOST, announceReady);
