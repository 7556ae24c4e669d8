import { requestFinished, requestStarted } from "../http/mod.ts";
import { type Logger, createAccessLog } from "../log/mod.ts";
import { type Registry, createHttpMetrics } from "../telemetry/mod.ts";

/** Subscribes metrics and the access log to what this thread's requests announce. Returns the end of it. */
export function observeRequests(registry: Registry, logger: Logger): () => void {
  const metrics = createHttpMetrics(registry);
  const writeAccess = createAccessLog({ logger });
  const subscriptions = [
    requestStarted.subscribe(() => metrics.requestStarted()),
    requestFinished.subscribe((event) => {
      metrics.requestFinished({
        method: event.method,
        route: event.route,
        status: event.status,
        durationSeconds: event.durationMs / 1_000,
        bytesIn: event.bytesIn,
        bytesOut: event.bytesOut,
        errorType: event.errorCode,
      });
      writeAccess(event);
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}
