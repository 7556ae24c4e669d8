import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { publishAtRate } from "../harness/fan-out.ts";

const app = new Hono();
const listeners = new Set<SSEStreamingApi>();
app.get("/events", (c) =>
  streamSSE(c, async (stream) => {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    listeners.add(stream);
    stream.onAbort(() => {
      listeners.delete(stream);
      resolve();
    });
    await left;
  }),
);
let id = 0;
publishAtRate((message) => {
  const event = { id: String(++id), data: JSON.stringify(message) };
  for (const stream of listeners) void stream.writeSSE(event);
});
serve({ fetch: app.fetch, port: PORT, hostname: HOST }, announceReady);
