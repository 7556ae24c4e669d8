// node:http and nothing else: the text is made once, and written to everybody.
import { type ServerResponse, createServer } from "node:http";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { publishAtRate } from "../harness/fan-out.ts";

const listeners = new Set<ServerResponse>();
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(":\n\n");
  listeners.add(response);
  response.on("close", () => listeners.delete(response));
});
let id = 0;
publishAtRate((message) => {
  const text = `id: ${++id}\ndata: ${JSON.stringify(message)}\n\n`;
  for (const response of listeners) response.write(text);
});
server.listen(PORT, HOST, announceReady);
