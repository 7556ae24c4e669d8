import { type RequestHandler, webSocketClosed, webSocketMessage, webSocketOpened } from "../http/mod.ts";
import type { AccessEvent } from "../log/contract.ts";
import { type Registry, createWebSocketMetrics } from "../telemetry/mod.ts";

/** Counts the WebSockets of one handler, and logs each when it has closed. Returns the ends of it; none for a handler without any. */
export function observeWebSockets(
  handler: RequestHandler,
  registry: Registry,
  writeAccess: (event: AccessEvent) => void,
): readonly (() => void)[] {
  if (!handler.hasWebSockets) return [];
  const metrics = createWebSocketMetrics(registry);
  return [
    webSocketOpened.subscribe((event) => {
      if (event.handler === handler.id) metrics.opened(event.route);
    }),
    webSocketMessage.subscribe((event) => {
      if (event.handler === handler.id) metrics.message(event.route, event.direction);
    }),
    webSocketClosed.subscribe((event) => {
      if (event.handler !== handler.id) return;
      metrics.closed(event.route, event.closeCode);
      const { closeCode, messagesIn, messagesOut, ...access } = event;
      writeAccess({ ...access, status: SWITCHED, counters: { closeCode, messagesIn, messagesOut } });
    }),
  ];
}

/** Status of a handshake that was accepted. Its line in the access log is the connection's, written when that has closed. */
export const SWITCHED = 101;
