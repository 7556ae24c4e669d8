import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

test("a server without a certificate loads nothing of HTTP/2 and TLS", async () => {
  const program = `
    import { HttpServer, createRequestHandler } from "#src/http/mod";
    import { createLogger, createMemorySink } from "#src/log/mod";
    const handler = await createRequestHandler({ routes: [], log: createLogger({ sink: createMemorySink() }) });
    const server = new HttpServer({ handler });
    await server.listen({ host: "127.0.0.1", port: 0 });
    await server.drain(0);
    console.log(JSON.stringify(process.moduleLoadList.filter((name) => /NativeModule (?:http2|https|_tls_wrap|internal\\/http2\\/core|internal\\/tls\\/wrap)$/.test(name))));
  `;
  const flags = ["--conditions=plinth:source", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: process.cwd() });
  assert.deepEqual(JSON.parse(stdout), []);
});
