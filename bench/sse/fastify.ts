import { PassThrough } from "node:stream";
import fastify from "fastify";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { publishAtRate } from "../harness/fan-out.ts";

const app = fastify();
const listeners = new Set<PassThrough>();
app.get("/events", async (_request, reply) => {
  const stream = new PassThrough();
  stream.write(":\n\n");
  listeners.add(stream);
  stream.on("close", () => listeners.delete(stream));
  return reply.header("content-type", "text/event-stream").header("cache-control", "no-store").send(stream);
});
let id = 0;
publishAtRate((message) => {
  const text = `id: ${++id}\ndata: ${JSON.stringify(message)}\n\n`;
  for (const stream of listeners) stream.write(text);
});
await app.listen({ port: PORT, host: HOST });
announceReady();
