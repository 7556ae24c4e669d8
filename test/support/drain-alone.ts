// A program of nothing but a server, which drains it while its only connection closes. Prints when the drain is over.
import { once } from "node:events";
import { connect } from "node:net";
import { createRequestHandler } from "#src/http/handler";
import { HttpServer } from "#src/http/node/server";
import { createLogger } from "#src/log/logger";
import { createMemorySink } from "#src/log/memory-sink";

const handler = await createRequestHandler({ routes: [], log: createLogger({ sink: createMemorySink() }) });
const server = new HttpServer({ handler });
const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
const client = connect(port, "127.0.0.1");
await once(client, "connect");
client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
await once(client, "data");
const drained = server.drain(1_000);
client.destroy();
await drained;
console.log("drained");
