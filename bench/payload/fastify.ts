import fastify from "fastify";
import { announceReady, BODY_LIMIT, HOST, PORT } from "./settings.ts";

const app = fastify({ bodyLimit: BODY_LIMIT });
app.post("/orders", async ({ body }) => body);

await app.listen({ port: PORT, host: HOST });
announceReady();
