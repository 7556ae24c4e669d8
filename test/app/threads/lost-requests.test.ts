import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLossReport } from "#src/app/threads/lost-requests";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createRegistry, renderMetrics } from "#src/telemetry/mod";

function createScene() {
  const sink = createMemorySink();
  const metrics = createRegistry();
  const report = createLossReport(metrics, createLogger({ sink }));
  const scrape = (): string => renderMetrics(new Map([["supervisor", metrics.segment]]), { format: "prometheus" });
  return { sink, report, scrape };
}

describe("requests that died with their thread", () => {
  test("are counted and logged one by one, under no request's name but their route's", () => {
    const { sink, report, scrape } = createScene();
    report({
      thread: "http-1",
      routes: [
        ["GET /files/:id", 2],
        ["", 1],
      ],
      milliseconds: 1_500,
    });
    const common = { thread: "http-1", status: 500, outcome: "server_error", error: { code: "E_APP_THREAD_DIED" } };
    assert.deepEqual(
      sink
        .entries()
        .map(({ thread, status, outcome, error, method, route }) => ({ thread, status, outcome, error, method, route })),
      [
        { ...common, method: "GET", route: "/files/:id" },
        { ...common, method: "GET", route: "/files/:id" },
        { ...common, method: "", route: "" },
      ],
    );
    const counts = scrape()
      .split("\n")
      .filter((line) => line.startsWith("http_server_request_duration_seconds_count"));
    assert.equal(counts.length, 2);
    assert.ok(
      counts.some((line) => /http_route="\/files\/:id".*error_type="E_APP_THREAD_DIED".* 2$/.test(line)),
      counts.join("\n"),
    );
    assert.match(scrape(), /^http_server_active_requests 0$/m);
  });

  test("are counted all, and have a line up to a hundred", () => {
    const { sink, report, scrape } = createScene();
    report({ thread: "http-0", routes: [["POST /files", 250]], milliseconds: 0 });
    const entries = sink.entries();
    assert.equal(entries.filter(({ message }) => message === "request").length, 100);
    assert.equal(entries.find(({ message }) => message === "more requests died with their thread")?.["requests"], 150);
    assert.match(scrape(), /http_server_request_duration_seconds_count\{.*\} 250$/m);
  });

  test("leave no trace when there were none", () => {
    const { sink, report, scrape } = createScene();
    report({ thread: "http-0", routes: [], milliseconds: 0 });
    assert.deepEqual(sink.lines, []);
    assert.doesNotMatch(scrape(), /http_server/);
  });
});
