export { type CountedCache, type CountedNamespace, observeCaches } from "./cache-metrics.ts";
export {
  type ChangedConnection,
  type ChangedPool,
  DATABASE_DURATION_BOUNDS,
  type FinishedCommand,
  type FinishedStatement,
  observeDatabases,
} from "./database-metrics.ts";
export type { Combine, CounterOptions, GaugeOptions, HistogramOptions, MetricOptions } from "./definition.ts";
export { errors } from "./errors.ts";
export { type ChangedLimitStore, type DegradedLimit, type RefusedByLimit, observeLimits } from "./limit-metrics.ts";
export { METRICS_CONTENT_TYPE, type MetricsFormat, negotiateFormat } from "./format.ts";
export { type FinishedRequest, HTTP_DURATION_BOUNDS, type HttpMetrics, createHttpMetrics } from "./http-metrics.ts";
export type { Counter, Gauge, Histogram, LabelValues } from "./instrument.ts";
export { type Registry, type RegistryOptions, createRegistry } from "./registry.ts";
export { type RenderOptions, renderMetrics } from "./render.ts";
export { type RuntimeMetrics, type RuntimeMetricsOptions, createRuntimeMetrics } from "./runtime-metrics.ts";
export { SEGMENT_BYTES, resetGauges } from "./segment.ts";
export type { CounterSeries, GaugeSeries, HistogramSeries } from "./series.ts";
export { type WebSocketMetrics, createWebSocketMetrics } from "./websocket-metrics.ts";
