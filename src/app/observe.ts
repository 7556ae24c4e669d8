import { type RequestFinished, type RequestHandler, requestFinished, requestStarted } from "../http/mod.ts";
import { type Logger, createAccessLog } from "../log/mod.ts";
import { type Registry, createHttpMetrics } from "../telemetry/mod.ts";

interface RequestObserver {
  started(): void;
  finished(event: RequestFinished): void;
}

function createRequestObserver(registry: Registry, logger: Logger): RequestObserver {
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

/** Counts and logs every request that this thread announces. Returns the end of it. */
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

/** A handler whose requests are counted and logged, and the end of that. */
export interface ObservedHandler {
  readonly handler: RequestHandler;
  stopObserving(): void;
}

/**
 * Counts and logs the requests of one handler, where others are in the same thread: channels are the thread's, and tell of the
 * admin server's requests too.
 */
export function observeHandler(handler: RequestHandler, registry: Registry, logger: Logger): ObservedHandler {
  const observer = createRequestObserver(registry, logger);
  const own = new Set<string>();
  const stopObserving = requestFinished.subscribe((event) => {
    if (own.delete(event.requestId)) observer.finished(event);
  });
  return {
    handler: {
      routes: handler.routes,
      handle(request, transport) {
        own.add(request.id);
        observer.started();
        return handler.handle(request, transport);
      },
    },
    stopObserving,
  };
}
