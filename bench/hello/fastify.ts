import fastify from "fastify";
import { announceReady, greet, HOST, listPaths, PORT, ROUTES } from "./settings.ts";

const app = fastify();
const answer = {
  response: { 200: { type: "object", properties: { hello: { type: "string" } } } },
};
for (const path of listPaths(ROUTES))
  app.get<{ Params: { name?: string } }>(path, { schema: answer }, async ({ params }) => greet(params.name));

await app.listen({ port: PORT, host: HOST });
announceReady();
