import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Clock } from "#src/core/clock";
import { createRegistry } from "#src/telemetry/registry";
import { createRuntimeMetrics } from "#src/telemetry/runtime-metrics";
import { scrape } from "./scrape.ts";

/** A clock whose only pending call is made by hand. */
class HandClock implements Clock {
  pending: (() => void) | undefined;

  now(): number {
    return 0;
  }

  monotonic(): number {
    return 0;
  }

  schedule(_milliseconds: number, callback: () => void): { cancel: () => void } {
    this.pending = callback;
    return {
      cancel: () => {
        this.pending = undefined;
      },
    };
  }

  fire(): void {
    const callback = this.pending;
    assert.ok(callback, "nothing is scheduled");
    this.pending = undefined;
    callback();
  }
}

const THREAD_METRICS = ["nodejs_eventloop_utilization_ratio", "v8js_memory_heap_used_bytes", "v8js_memory_heap_limit_bytes"].map(
  (name) => `${name}{thread="thread-0"}`,
);

describe("createRuntimeMetrics", () => {
  it("measures the thread at every tick of the clock", (t) => {
    const registry = createRegistry();
    const clock = new HandClock();
    const metrics = createRuntimeMetrics(registry, { clock });
    t.after(() => metrics.stop());
    assert.equal(scrape(registry.segment).get(THREAD_METRICS[1] as string), undefined);
    for (let tick = 0; tick < 2; tick += 1) {
      clock.fire();
      for (const name of THREAD_METRICS) assert.ok((scrape(registry.segment).get(name) ?? -1) >= 0, name);
    }
    assert.ok((scrape(registry.segment).get(THREAD_METRICS[0] as string) ?? 2) <= 1);
  });

  it("measures event-loop delay once the loop has turned", async (t) => {
    const registry = createRegistry();
    const clock = new HandClock();
    const metrics = createRuntimeMetrics(registry, { clock });
    t.after(() => metrics.stop());
    const valueOf = (what: string): number | undefined =>
      scrape(registry.segment).get(`nodejs_eventloop_delay_${what}_seconds{thread="thread-0"}`);
    while (valueOf("p99") === undefined) {
      await setImmediate();
      clock.fire();
    }
    for (const what of ["min", "max", "mean", "stddev", "p50", "p90", "p99"]) {
      const value = valueOf(what) ?? Number.NaN;
      assert.ok(value >= 0 && value < 60, `${what} is ${value} seconds`);
    }
  });

  it("leaves the process to the thread that is asked to measure it", (t) => {
    const registry = createRegistry();
    const clock = new HandClock();
    const metrics = createRuntimeMetrics(registry, { clock });
    t.after(() => metrics.stop());
    clock.fire();
    const names = [...scrape(registry.segment).keys()];
    assert.deepEqual(
      names.filter((name) => /^(process|plinth_build)/.test(name)),
      [],
    );
  });

  it("measures the process where asked", (t) => {
    const registry = createRegistry();
    const clock = new HandClock();
    const metrics = createRuntimeMetrics(registry, { clock, process: { version: "1.2.3" } });
    t.after(() => metrics.stop());
    clock.fire();
    const first = scrape(registry.segment);
    clock.fire();
    const second = scrape(registry.segment);
    assert.equal(first.get(`plinth_build_info{version="1.2.3",node_version="${process.versions.node}"}`), 1);
    assert.ok(Math.abs((first.get("process_start_time_seconds") ?? 0) - (Date.now() / 1_000 - process.uptime())) < 10);
    assert.ok((first.get("process_resident_memory_bytes") ?? 0) > 1_000_000);
    const cpu = 'process_cpu_time_seconds_total{cpu_mode="user"}';
    const used = process.cpuUsage().user / 1e6;
    assert.ok((first.get(cpu) ?? 0) > 0);
    assert.ok((second.get(cpu) ?? 0) >= (first.get(cpu) ?? Infinity));
    assert.ok((second.get(cpu) ?? Infinity) <= used, "CPU time is counted once");
  });

  it("counts open files", { skip: process.platform === "linux" ? false : "only Linux lists them" }, (t) => {
    const registry = createRegistry();
    const clock = new HandClock();
    const metrics = createRuntimeMetrics(registry, { clock, process: { version: "1.2.3" } });
    t.after(() => metrics.stop());
    clock.fire();
    assert.ok((scrape(registry.segment).get("process_open_file_descriptors") ?? 0) >= 3);
  });

  it("times garbage collections by kind", async (t) => {
    const registry = createRegistry();
    const metrics = createRuntimeMetrics(registry, { clock: new HandClock() });
    t.after(() => metrics.stop());
    // Subscribed after the code under test, so told after it.
    const told = new Promise<void>((resolve) => {
      const observer = new PerformanceObserver((list) => {
        if (!list.getEntries().some((entry) => (entry as unknown as { detail: { kind: number } }).detail.kind === 4)) return;
        observer.disconnect();
        resolve();
      });
      observer.observe({ entryTypes: ["gc"] });
    });
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    await told;
    const samples = scrape(registry.segment);
    assert.ok((samples.get('v8js_gc_duration_seconds_count{v8js_gc_type="major"}') ?? 0) >= 1);
    assert.equal(samples.get('v8js_gc_duration_seconds_count{v8js_gc_type="unknown"}'), undefined);
  });

  it("stops", () => {
    const clock = new HandClock();
    createRuntimeMetrics(createRegistry(), { clock }).stop();
    assert.equal(clock.pending, undefined);
  });

  it("stops after it has measured, too", () => {
    const clock = new HandClock();
    const metrics = createRuntimeMetrics(createRegistry(), { clock });
    clock.fire();
    metrics.stop();
    assert.equal(clock.pending, undefined);
  });
});
