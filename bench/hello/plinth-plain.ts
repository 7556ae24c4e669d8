// Everything off that bare Fastify does not do: no log, no metrics, no admin server, no deadline, no security headers.
import { HttpServer, createRequestHandler } from "../../src/http/mod.ts";
import { createFdSink, createLogger } from "../../src/log/mod.ts";
import { securityHeaders } from "../../src/security/mod.ts";
import { announceReady, HOST, PORT } from "./settings.ts";
import { helloRoutes } from "./plinth-routes.ts";

const names = securityHeaders({ https: true }).filter((_, index) => index % 2 === 0);
const handler = await createRequestHandler({
  routes: helloRoutes(),
  log: createLogger({ sink: createFdSink() }),
  defaults: { deadline: "0s" },
  securityHeaders: { replace: Object.fromEntries(names.map((name) => [name, false])) },
});
await new HttpServer({ handler }).listen({ host: HOST, port: PORT });
announceReady();
