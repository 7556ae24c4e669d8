import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { announceReady, greet, HOST, listPaths, PORT, ROUTES } from "./settings.ts";

const app = new Hono();
for (const path of listPaths(ROUTES)) app.get(path, (c) => c.json(greet((c.req.param() as { name?: string }).name)));

serve({ fetch: app.fetch, port: PORT, hostname: HOST }, announceReady);
