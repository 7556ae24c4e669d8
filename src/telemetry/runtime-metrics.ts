import { readdirSync } from "node:fs";
import {
  type ELDHistogram,
  type PerformanceNodeEntry,
  PerformanceObserver,
  constants,
  monitorEventLoopDelay,
  performance,
} from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { type Clock, systemClock } from "../core/mod.ts";
import type { Histogram } from "./instrument.ts";
import type { Registry } from "./registry.ts";
import type { GaugeSeries } from "./series.ts";

export interface RuntimeMetricsOptions {
  /** Measures the process as a whole too; one thread does, the supervisor. `version` is the program's, for `plinth_build_info`. */
  readonly process?: { readonly version: string };
  /** Default {@link systemClock}. */
  readonly clock?: Clock;
}

/** Measures until stopped. Made by {@link createRuntimeMetrics}. */
export interface RuntimeMetrics {
  stop(): void;
}

const SAMPLE_MILLISECONDS = 5_000;
const DELAY_RESOLUTION_MILLISECONDS = 10;
/** What the semantic conventions advise for `v8js.gc.duration`, in seconds. */
const GC_BOUNDS: readonly number[] = [0.01, 0.1, 1, 10];
const GC_TYPES: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

/**
 * Measures this thread: event-loop delay and utilization, heap, garbage collection; and where asked, the process: CPU time, memory,
 * open files, start time. Every 5 seconds, and garbage collections as they happen.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 * @throws E_TELEMETRY_SEGMENT_FULL
 */
export function createRuntimeMetrics(registry: Registry, options: RuntimeMetricsOptions = {}): RuntimeMetrics {
  const { process: whole, clock = systemClock } = options;
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MILLISECONDS });
  delays.enable();
  const collections = observeCollections(registry);
  const samplers = [sampleDelays(registry, delays), sampleUtilization(registry), sampleHeap(registry)];
  if (whole !== undefined) samplers.push(sampleProcess(registry, whole.version));
  const sample = (): void => {
    for (const sampler of samplers) sampler();
    timer = clock.schedule(SAMPLE_MILLISECONDS, sample);
  };
  let timer = clock.schedule(SAMPLE_MILLISECONDS, sample);
  return {
    stop() {
      timer.cancel();
      delays.disable();
      collections.disconnect();
    },
  };
}

type Sampler = () => void;

function threadGauge(registry: Registry, name: string, help: string, unit = "seconds"): GaugeSeries {
  return registry.gauge({ name, help, unit, combine: "each" }).with();
}

function sampleDelays(registry: Registry, delays: ELDHistogram): Sampler {
  const gauge = (what: string, help: string): GaugeSeries =>
    threadGauge(registry, `nodejs_eventloop_delay_${what}_seconds`, `${help} event-loop delay since the last measurement.`);
  const min = gauge("min", "Least");
  const max = gauge("max", "Greatest");
  const mean = gauge("mean", "Mean");
  const stddev = gauge("stddev", "Standard deviation of the");
  const p50 = gauge("p50", "Median");
  const p90 = gauge("p90", "90th percentile of the");
  const p99 = gauge("p99", "99th percentile of the");
  return () => {
    // Without a single measurement the histogram's least value is a sentinel, and its mean NaN.
    if (delays.count === 0) return;
    min.set(delays.min / 1e9);
    max.set(delays.max / 1e9);
    mean.set(delays.mean / 1e9);
    stddev.set(delays.stddev / 1e9);
    p50.set(delays.percentile(50) / 1e9);
    p90.set(delays.percentile(90) / 1e9);
    p99.set(delays.percentile(99) / 1e9);
    delays.reset();
  };
}

function sampleUtilization(registry: Registry): Sampler {
  const name = "nodejs_eventloop_utilization_ratio";
  const utilization = threadGauge(registry, name, "Share of time that the event loop was busy, 0 to 1.", "ratio");
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    utilization.set(performance.eventLoopUtilization(now, last).utilization);
    last = now;
  };
}

function sampleHeap(registry: Registry): Sampler {
  const used = threadGauge(registry, "v8js_memory_heap_used_bytes", "Heap in use by this thread.", "bytes");
  const limit = threadGauge(registry, "v8js_memory_heap_limit_bytes", "Heap at which this thread dies.", "bytes");
  return () => {
    const heap = getHeapStatistics();
    used.set(heap.used_heap_size);
    limit.set(heap.heap_size_limit);
  };
}

function observeCollections(registry: Registry): PerformanceObserver {
  const durations: Histogram<readonly ["v8js_gc_type"]> = registry.histogram({
    name: "v8js_gc_duration_seconds",
    help: "Pauses for garbage collection, by kind.",
    unit: "seconds",
    labels: ["v8js_gc_type"],
    bounds: GC_BOUNDS,
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as PerformanceNodeEntry[]) {
      const { kind } = entry.detail as { readonly kind: number };
      durations.record(entry.duration / 1_000, GC_TYPES[kind] ?? "unknown");
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return observer;
}

function sampleProcess(registry: Registry, version: string): Sampler {
  const gauge = (name: string, help: string, unit?: string): GaugeSeries =>
    registry.gauge({ name, help, combine: "max", ...(unit === undefined ? {} : { unit }) }).with();
  registry
    .gauge({ name: "plinth_build_info", help: "What is running; always 1.", labels: ["version", "node_version"], combine: "max" })
    .set(1, version, process.versions.node);
  gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", "seconds").set(
    performance.timeOrigin / 1_000,
  );
  const memory = gauge("process_resident_memory_bytes", "Memory of the process, all threads together.", "bytes");
  const files = gauge("process_open_file_descriptors", "Open files and sockets of the process.");
  const cpu = registry.counter({
    name: "process_cpu_time_seconds_total",
    help: "CPU time of the process, all threads together.",
    unit: "seconds",
    labels: ["cpu_mode"],
  });
  const user = cpu.with("user");
  const system = cpu.with("system");
  let last = { user: 0, system: 0 };
  return () => {
    const now = process.cpuUsage();
    user.add((now.user - last.user) / 1e6);
    system.add((now.system - last.system) / 1e6);
    last = now;
    memory.set(process.memoryUsage.rss());
    const open = countOpenFiles();
    if (open !== undefined) files.set(open);
  };
}

/** undefined when they cannot be counted: the very shortage of descriptors that this measures makes the listing fail. */
function countOpenFiles(): number | undefined {
  try {
    // One of them is open only to list the others.
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}
