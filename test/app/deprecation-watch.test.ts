import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DeprecationWatch } from "#src/app/deprecation-watch";
import type { DeprecatedRequest } from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createRegistry, renderMetrics } from "#src/telemetry/mod";

const DAY = 86_400_000;
const event = (changes: Partial<DeprecatedRequest> = {}): DeprecatedRequest => ({
  handler: Symbol("test"),
  method: "GET",
  route: "/orders/:id",
  version: "",
  principal: "u1",
  at: 0,
  sunset: undefined,
  ...changes,
});

function createWatch(): {
  watch: DeprecationWatch;
  readonly samples: () => string[];
  readonly lines: () => Record<string, unknown>[];
} {
  const registry = createRegistry();
  const sink = createMemorySink();
  return {
    watch: new DeprecationWatch(registry, createLogger({ sink })),
    lines: () => sink.entries() as Record<string, unknown>[],
    samples: () =>
      renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" })
        .split("\n")
        .filter((line) => line.startsWith("http_server_deprecated_requests_total{") && !line.endsWith(" 0"))
        .sort(),
  };
}

const sample = (caller: string, count: number, rest = 'http_route="/orders/:id"'): string =>
  `http_server_deprecated_requests_total{http_request_method="GET",${rest},caller="${caller}"} ${count}`;

describe("calls of deprecated routes", () => {
  test("are counted by route, version and caller", () => {
    const { watch, samples } = createWatch();
    for (const principal of ["u1", "u1", "u2", undefined]) watch.record(event({ principal }));
    watch.record(event({ route: "/b", version: "1" }));
    assert.deepEqual(samples(), [
      sample("u1", 1, 'http_route="/b",api_version="1"'),
      sample("anonymous", 1),
      sample("u1", 2),
      sample("u2", 1),
    ]);
  });

  test("are logged once a day for each caller of a route", () => {
    const { watch, lines } = createWatch();
    for (const at of [0, 1, DAY - 1]) watch.record(event({ at, sunset: 0, version: "1" }));
    assert.equal(lines().length, 1);
    const { level, message, method, route, principal, version, sunset } = lines()[0] as Record<string, unknown>;
    assert.deepEqual(
      { level, message, method, route, principal, version, sunset },
      {
        level: "warn",
        message: "a deprecated route is still called",
        method: "GET",
        route: "/orders/:id",
        principal: "u1",
        version: "1",
        sunset: "1970-01-01T00:00:00.000Z",
      },
    );
    watch.record(event({ at: DAY, version: "1" }));
    watch.record(event({ at: DAY, principal: "u2" }));
    assert.equal(lines().length, 3);
  });

  test("of more callers than are told apart are counted and logged together", () => {
    const { watch, samples, lines } = createWatch();
    for (let index = 0; index < 1_000; index++) watch.record(event({ principal: `u${index}` }));
    watch.record(event({ principal: "u0" }));
    assert.equal(samples().length, 101);
    assert.ok(samples().includes(sample("_other", 900)));
    assert.ok(samples().includes(sample("u0", 2)));
    assert.equal(lines().length, 101);
  });
});
