import fastify from "fastify";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { acceptSockets } from "./accept.ts";

const app = fastify();
acceptSockets(app.server);
await app.listen({ port: PORT, host: HOST });
announceReady();
