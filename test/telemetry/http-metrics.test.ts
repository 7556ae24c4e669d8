import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FinishedRequest, createHttpMetrics } from "#src/telemetry/http-metrics";
import { createRegistry } from "#src/telemetry/registry";
import { scrape } from "./scrape.ts";

const REQUEST: FinishedRequest = {
  method: "GET",
  route: "/orders/:id",
  status: 200,
  durationSeconds: 0.02,
  bytesIn: 0,
  bytesOut: 1_234,
};

function record(...requests: readonly Partial<FinishedRequest>[]): ReadonlyMap<string, number> {
  const registry = createRegistry();
  const http = createHttpMetrics(registry);
  for (const request of requests) {
    http.requestStarted();
    http.requestFinished({ ...REQUEST, ...request });
  }
  return scrape(registry.segment);
}

const countsOf = (samples: ReadonlyMap<string, number>): readonly string[] =>
  [...samples.keys()].filter((name) => name.startsWith("http_server_request_duration_seconds_count"));

describe("createHttpMetrics", () => {
  it("records duration and sizes by method, route and status", () => {
    const samples = record({}, { durationSeconds: 0.5, bytesIn: 50, bytesOut: 0 });
    const labels = 'http_request_method="GET",http_route="/orders/:id",http_response_status_code="200"';
    assert.equal(samples.get(`http_server_request_duration_seconds_count{${labels}}`), 2);
    assert.equal(samples.get(`http_server_request_duration_seconds_sum{${labels}}`), 0.52);
    assert.equal(samples.get(`http_server_request_duration_seconds_bucket{${labels},le="0.025"}`), 1);
    assert.equal(samples.get(`http_server_request_body_size_bytes_sum{${labels}}`), 50);
    assert.equal(samples.get(`http_server_response_body_size_bytes_sum{${labels}}`), 1_234);
  });

  it("knows how many requests are being answered", () => {
    const registry = createRegistry();
    const http = createHttpMetrics(registry);
    http.requestStarted();
    http.requestStarted();
    assert.equal(scrape(registry.segment).get("http_server_active_requests"), 2);
    http.requestFinished(REQUEST);
    http.requestFinished({ ...REQUEST, status: 500, errorType: "E_X" });
    assert.equal(scrape(registry.segment).get("http_server_active_requests"), 0);
  });

  it("counts unknown methods as _OTHER", () => {
    const names = countsOf(record({ method: "BREW" }, { method: "get" }, { method: "__proto__" }));
    assert.deepEqual(names.length, 1);
    assert.match(names[0] as string, /http_request_method="_OTHER"/);
  });

  it("gives no route where none matched, and no status where none was sent", () => {
    assert.deepEqual(countsOf(record({ route: "", status: 0 })), [
      'http_server_request_duration_seconds_count{http_request_method="GET"}',
    ]);
  });

  for (const status of [-1, 99, 1_000, 200.5, Number.NaN, Infinity]) {
    it(`does not take ${status} for a status`, () => {
      assert.doesNotMatch(countsOf(record({ status })).join("\n"), /status_code/);
    });
  }

  it("names the error: the code given, else a status of 500 and more", () => {
    const names = countsOf(
      record(
        { status: 503 },
        { status: 503, errorType: "E_HTTP_OVERLOADED" },
        { status: 404 },
        { status: 0, method: "BREW", errorType: "E_HTTP_ABORTED" },
      ),
    );
    assert.deepEqual(
      new Set(names.map((name) => /error_type="([^"]+)"/.exec(name)?.[1])),
      new Set(["503", "E_HTTP_ABORTED", "E_HTTP_OVERLOADED", undefined]),
    );
    assert.equal(names.length, 4);
    assert.ok(names.some((name) => name.includes('"_OTHER",http_route="/orders/:id",error_type="E_HTTP_ABORTED"')));
  });

  it("keeps the number of series constant against 100,000 random methods and paths", () => {
    const registry = createRegistry({ maxSeries: 50 });
    const http = createHttpMetrics(registry);
    for (let index = 0; index < 100_000; index += 1)
      http.requestFinished({ ...REQUEST, method: `M${index}`, route: `/path/${index}` });
    const names = countsOf(scrape(registry.segment));
    assert.equal(names.length, 50);
    assert.equal(
      names.reduce((sum, name) => sum + (scrape(registry.segment).get(name) ?? 0), 0),
      100_000,
    );
  });

  it("does not remember who was counted in the overflow series", () => {
    const registry = createRegistry({ maxSeries: 2 });
    const http = createHttpMetrics(registry);
    const dropped = 'plinth_metrics_dropped_series_total{metric="http_server_request_body_size_bytes"}';
    for (const route of ["/fits", "/fills", "/beyond"]) http.requestFinished({ ...REQUEST, route });
    const before = scrape(registry.segment).get(dropped) ?? 0;
    for (let index = 0; index < 3; index += 1) http.requestFinished({ ...REQUEST, route: "/beyond" });
    assert.equal(scrape(registry.segment).get(dropped), before + 3);
  });

  it("continues where the thread before it ended", () => {
    const { segment } = createRegistry();
    for (let life = 0; life < 2; life += 1) createHttpMetrics(createRegistry({ segment })).requestFinished(REQUEST);
    const samples = scrape(segment);
    assert.deepEqual(
      countsOf(samples).map((name) => samples.get(name)),
      [2],
    );
  });
});
