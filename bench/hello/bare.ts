// node:http and nothing else: one pattern for all routes, whatever their number. The floor that the others stand on.
import { createServer } from "node:http";
import { announceReady, greet, HOST, PORT } from "./settings.ts";

const server = createServer((request, response) => {
  const name = /^\/(?:hello|section-\d+\/(?:items|summary))\/([^/?]+)$/.exec(request.url ?? "")?.[1] ?? "";
  const body = JSON.stringify(greet(decodeURIComponent(name)));
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
});

server.listen(PORT, HOST, announceReady);
