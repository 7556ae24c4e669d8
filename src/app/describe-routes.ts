import type { LoadedConfig } from "../config/mod.ts";
import { SegmentTable, systemClock } from "../core/mod.ts";
import { type PlanDescription, type Route, createRequestHandler } from "../http/mod.ts";
import { type Logger, createLogger, createMemorySink } from "../log/mod.ts";
import { createRegistry } from "../telemetry/mod.ts";
import type { AnyApp } from "./contract.ts";
import { withDocumentRoutes } from "./document-routes.ts";
import { handlerPolicies, makeServices, routesOf } from "./open-app.ts";
import { resolveKeys } from "./settings.ts";

/**
 * The routes of an app as they would be compiled. Services are made, because routes are made of them, but not started.
 *
 * @throws E_HTTP_ROUTES_INVALID
 */
export async function describeRoutes(definition: AnyApp, loaded: LoadedConfig): Promise<readonly PlanDescription[]> {
  const { services, log } = await makeIdleServices(definition, loaded);
  const declared = routesOf(definition, services);
  const routes = withDocumentRoutes(definition, { routes: declared, config: loaded.values, log });
  const handler = await createRequestHandler({ routes, log, ...handlerPolicies(definition) });
  return handler.routes;
}

/** The routes that an app declares, without running it. */
export async function declaredRoutes(definition: AnyApp, loaded: LoadedConfig): Promise<readonly Route[]> {
  return routesOf(definition, (await makeIdleServices(definition, loaded)).services);
}

/** An app's services as its threads have them, made and not started, with a logger that nobody reads. */
export async function makeIdleServices(definition: AnyApp, loaded: LoadedConfig): Promise<{ services: object; log: Logger }> {
  const log = createLogger({ sink: createMemorySink(), level: "silent" });
  const runtime = {
    thread: "main",
    role: "all",
    environment: loaded.environment,
    clock: systemClock,
    memory: new SegmentTable(),
    metrics: createRegistry(),
    appKeys: await resolveKeys(loaded),
  } as const;
  return { services: await makeServices(definition, { config: loaded.values, log, runtime }), log };
}
