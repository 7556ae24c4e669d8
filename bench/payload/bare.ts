// node:http and nothing else: reads the JSON and sends it back. The floor that the others stand on.
import { createServer } from "node:http";
import { announceReady, HOST, PORT } from "./settings.ts";

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
});

server.listen(PORT, HOST, announceReady);
