import express, { type Response } from "express";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { publishAtRate } from "../harness/fan-out.ts";

const app = express();
const listeners = new Set<Response>();
app.get("/events", (_request, response) => {
  response.set({ "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(":\n\n");
  listeners.add(response);
  response.on("close", () => listeners.delete(response));
});
let id = 0;
publishAtRate((message) => {
  const text = `id: ${++id}\ndata: ${JSON.stringify(message)}\n\n`;
  for (const response of listeners) response.write(text);
});
app.listen(PORT, HOST, announceReady);
