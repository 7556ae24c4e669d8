import type { CounterSeries, GaugeSeries } from "./series.ts";
import type { Registry } from "./registry.ts";

/** Counts WebSockets. Made by {@link createWebSocketMetrics}. Routes are templates. */
export interface WebSocketMetrics {
  opened(route: string): void;
  /** Call it once for every {@link WebSocketMetrics.opened}. */
  closed(route: string, closeCode: number): void;
  message(route: string, direction: "in" | "out"): void;
}

/** What one route is counted in. */
interface Bound {
  readonly connections: GaugeSeries;
  readonly in: CounterSeries;
  readonly out: CounterSeries;
}

/**
 * The metrics of WebSocket routes. Semantic conventions have none yet: the names follow those of HTTP.
 *
 * @throws E_TELEMETRY_SEGMENT_FULL
 */
export function createWebSocketMetrics(registry: Registry): WebSocketMetrics {
  const connections = registry.gauge({
    name: "websocket_server_connections",
    help: "WebSockets that are open now.",
    labels: ["http_route"],
  });
  const messages = registry.counter({
    name: "websocket_server_messages_total",
    help: "Messages received (in) and sent (out).",
    labels: ["http_route", "direction"],
  });
  const closes = registry.counter({
    name: "websocket_server_closes_total",
    help: "WebSockets that have closed, by close code.",
    labels: ["http_route", "close_code"],
  });
  const byRoute = new Map<string, Bound>();
  const find = (route: string): Bound => {
    let bound = byRoute.get(route);
    if (bound === undefined) {
      bound = { connections: connections.with(route), in: messages.with(route, "in"), out: messages.with(route, "out") };
      byRoute.set(route, bound);
    }
    return bound;
  };
  return {
    opened: (route) => find(route).connections.add(1),
    closed(route, closeCode) {
      find(route).connections.add(-1);
      closes.add(1, route, closeLabel(closeCode));
    },
    message: (route, direction) => find(route)[direction].add(1),
  };
}

/** A client may close with any of 3,000 codes: those that only applications understand are counted together. */
function closeLabel(code: number): string {
  if (code >= 1000 && code <= 1015) return String(code);
  return code >= 4000 ? "4xxx" : "3xxx";
}
