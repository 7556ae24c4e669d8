import { type RequestFinished, requestFinished, requestStarted } from "../http/mod.ts";
import { type Logger, createAccessLog } from "../log/mod.ts";
import { type Registry, createHttpMetrics } from "../telemetry/mod.ts";

/** Counts and logs requests. */
export interface RequestObserver {
  started(): void;
  finished(event: RequestFinished): void;
}

/** Metrics and the access log of one thread's requests. */
export function createRequestObserver(registry: Registry, logger: Logger): RequestObserver {
  const metrics = createHttpMetrics(registry);
  const writeAccess = createAccessLog({ logger });
  return {
    started: () => metrics.requestStarted(),
    finished(event) {
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
    },
  };
}

/** Subscribes an observer to what this thread's requests announce. Returns the end of it. */
export function observeRequests(registry: Registry, logger: Logger): () => void {
  const observer = createRequestObserver(registry, logger);
  const subscriptions = [
    requestStarted.subscribe(() => observer.started()),
    requestFinished.subscribe((event) => observer.finished(event)),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}
