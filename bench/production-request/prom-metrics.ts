import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  observe(method: string, route: string, status: number, seconds: number): void;
}

/** A latency histogram by route on prom-client, for frameworks that leave it to their users. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const histogram = new Histogram({
    name: "http_request_duration_seconds",
    help: "request duration in seconds",
    labelNames: ["method", "route", "status_code"],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observe: (method, route, status, seconds) => histogram.observe({ method, route, status_code: status }, seconds),
  };
}
