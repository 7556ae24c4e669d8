import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { it } from "node:test";
import { createHttpMetrics } from "#src/telemetry/http-metrics";
import { createRegistry } from "#src/telemetry/registry";
import { renderMetrics } from "#src/telemetry/render";
import { createRuntimeMetrics } from "#src/telemetry/runtime-metrics";
import { parseOpenMetrics } from "../openmetrics-parser.ts";

/** Every metric that the room makes, over two threads, with label values that need care. */
function renderEverything(format: "prometheus" | "openmetrics"): string {
  const segments = ["http-0", "http-1"].map((thread) => {
    const registry = createRegistry({ maxSeries: 20 });
    let sample = (): void => undefined;
    const clock = {
      now: () => 0,
      monotonic: () => 0,
      schedule: (_milliseconds: number, callback: () => void) => {
        sample = callback;
        return { cancel: () => undefined };
      },
    };
    const runtime = createRuntimeMetrics(registry, { clock, process: { version: "1.2.3" } });
    sample();
    runtime.stop();
    const http = createHttpMetrics(registry);
    for (let index = 0; index < 40; index += 1) {
      const route = `/${index}/"quoted"\\back\nline`;
      http.requestStarted();
      http.requestFinished({
        method: "GET",
        route,
        status: 200,
        durationSeconds: index / 10,
        bytesIn: index,
        bytesOut: index * 1e6,
      });
    }
    registry.gauge({ name: "queue_depth", help: "Jobs waiting.", combine: "max" }).set(3);
    return [thread, registry.segment] as const;
  });
  return renderMetrics(new Map(segments), { format });
}

const missing = spawnSync("promtool", ["--version"]).error === undefined ? undefined : "promtool is not on the PATH";
const skip = process.env["REQUIRE_SERVICES"] === "1" ? false : (missing ?? false);

it("promtool finds nothing to complain about in the Prometheus text", { skip }, () => {
  assert.equal(missing, undefined);
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input: renderEverything("prometheus"),
    encoding: "utf8",
  });
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
});

it("a strict parser reads every metric in the OpenMetrics text", () => {
  const families = parseOpenMetrics(renderEverything("openmetrics"));
  const names = new Set(families.map(({ name }) => name));
  for (const name of ["http_server_request_duration_seconds", "process_cpu_time_seconds", "queue_depth", "plinth_build_info"])
    assert.ok(names.has(name), name);
});
