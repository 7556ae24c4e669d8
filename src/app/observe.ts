import {
  type RequestHandler,
  deprecatedRequest,
  overloadChanged,
  requestFinished,
  requestShed,
  requestStarted,
} from "../http/mod.ts";
import { type Logger, createAccessLog } from "../log/mod.ts";
import { type Registry, createHttpMetrics, observeCaches, observeDatabases, observeLimits } from "../telemetry/mod.ts";
import { DeprecationWatch } from "./deprecation-watch.ts";
import { createLineAllowance } from "./line-allowance.ts";
import { SWITCHED, observeWebSockets } from "./observe-web-sockets.ts";

/** Counts what databases, Redis, caches and limits announce in this thread. Returns the end of it. */
export function observeStores(registry: Registry): () => void {
  const ends = [observeDatabases(registry), observeCaches(registry), observeLimits(registry)];
  return () => {
    for (const end of ends) end();
  };
}

/** Counts and logs the requests of one handler; channels are the thread's, and tell of others too. Returns the end of it. */
export function observeRequests(handler: RequestHandler, registry: Registry, logger: Logger): () => void {
  const metrics = createHttpMetrics(registry);
  const writeAccess = createAccessLog({ logger });
  const deprecations = new DeprecationWatch(registry, logger);
  const mayLog = createLineAllowance();
  const subscriptions = [
    deprecatedRequest.subscribe((event) => {
      if (event.handler === handler.id) deprecations.record(event);
    }),
    requestStarted.subscribe((event) => {
      if (event.handler === handler.id) metrics.requestStarted();
    }),
    requestShed.subscribe((event) => {
      if (event.handler === handler.id) metrics.requestShed(event.route, event.priority);
    }),
    overloadChanged.subscribe((event) => {
      if (event.handler !== handler.id) return;
      metrics.overloaded(event.overloaded);
      if (event.overloaded) logger.warn("overloaded: requests are refused, those of low priority first");
      else logger.info("no longer overloaded");
    }),
    requestFinished.subscribe((event) => {
      if (event.handler !== handler.id) return;
      metrics.requestFinished({
        method: event.method,
        route: event.route,
        status: event.status,
        durationSeconds: event.durationMs / 1_000,
        bytesIn: event.bytesIn,
        bytesOut: event.bytesOut,
        errorType: event.errorCode,
      });
      if (event.status !== SWITCHED && (event.outcome !== "shed" || mayLog(event.endedAt))) writeAccess(event);
    }),
    ...observeWebSockets(handler, registry, writeAccess),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}
