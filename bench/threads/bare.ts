// node:http in as many threads on one port, and nothing else: how much a second thread can add on this machine.
import { createServer } from "node:http";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { work } from "./work.ts";

if (isMainThread) {
  const threads = Array.from({ length: Number(process.env["VARIANT"]) }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once("message", resolve))));
  announceReady();
} else {
  const server = createServer((request, response) => {
    const body = JSON.stringify(work(request.url?.split("/").at(-1) ?? ""));
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
  server.listen({ port: PORT, host: HOST, reusePort: true }, () => parentPort?.postMessage("ready"));
}
