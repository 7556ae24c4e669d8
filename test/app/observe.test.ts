import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { observeRequests } from "#src/app/observe";
import { type RequestHandler, createRequestHandler, fetchInProcess, overloadChanged, route, routes } from "#src/http/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createRegistry, renderMetrics } from "#src/telemetry/mod";

const quiet = createLogger({ sink: createMemorySink() });
const createHandler = (path: string): Promise<RequestHandler> =>
  createRequestHandler({
    routes: routes(
      route.get(path, { auth: "public" }, () => 1),
      route.get(`${path}/broken`, { auth: "public" }, () => {
        throw new Error("broken");
      }),
    ),
    log: quiet,
  });

interface Watch {
  readonly registry: ReturnType<typeof createRegistry>;
  readonly log: ReturnType<typeof createLogger>;
  metrics(): string;
  paths(): string[];
  /** Request lines with this outcome. */
  outcomes(outcome: string): unknown[];
  /** Of lines that are not about one request. */
  messages(): unknown[];
}

function createWatch(): Watch {
  const registry = createRegistry();
  const sink = createMemorySink();
  return {
    registry,
    log: createLogger({ sink }),
    metrics: () => renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" }),
    paths: () => sink.entries().map((entry) => entry["path"] as string),
    outcomes: (outcome) => sink.entries().filter((entry) => entry["outcome"] === outcome),
    messages: () =>
      sink
        .entries()
        .map((entry) => entry["message"])
        .filter((message) => message !== "request"),
  };
}

const get = (handler: RequestHandler, path: string): Promise<Response> =>
  fetchInProcess(handler, new Request(`http://localhost${path}`));

describe("observed requests", () => {
  test("are counted and logged, failures with their code, until observing ends", async () => {
    const watch = createWatch();
    const handler = await createHandler("/a");
    const stop = observeRequests(handler, watch.registry, watch.log);
    await get(handler, "/a");
    await get(handler, "/a/broken");
    stop();
    await get(handler, "/a");
    assert.deepEqual(watch.paths(), ["/a", "/a/broken"]);
    assert.match(watch.metrics(), /_count\{[^}]*http_route="\/a",http_response_status_code="200"[^}]*\} 1$/m);
    assert.match(watch.metrics(), /_count\{[^}]*http_route="\/a\/broken"[^}]*error_type="E_HTTP_INTERNAL"[^}]*\} 1$/m);
    assert.match(watch.metrics(), /^http_server_active_requests 0$/m);
  });

  test("of one handler are told from those of another in the same thread", async () => {
    const watch = createWatch();
    const other = await createHandler("/other");
    const handler = await createHandler("/own");
    const stop = observeRequests(handler, watch.registry, watch.log);
    await Promise.all([get(handler, "/own"), get(other, "/other"), get(handler, "/own/broken"), get(handler, "/nowhere")]);
    assert.deepEqual(
      watch.paths().toSorted((one, two) => (one < two ? -1 : 1)),
      ["/nowhere", "/own", "/own/broken"],
    );
    assert.doesNotMatch(watch.metrics(), /http_route="\/other"/);
    assert.match(watch.metrics(), /^http_server_active_requests 0$/m);
    assert.equal(handler.routes.length, 2);
    stop();
    await get(handler, "/own");
    assert.equal(watch.paths().length, 3);
  });

  test("that were refused under an overload are all counted, and at most twenty a second logged", async () => {
    const watch = createWatch();
    const clock = createFakeClock();
    const burn = route.get("/burn", { auth: "public", priority: "low" }, () => clock.advance(30));
    const handler = await createRequestHandler({ routes: [burn], log: quiet, clock });
    const stop = observeRequests(handler, watch.registry, watch.log);
    for (let round = 0; round < 4; round++) {
      const answers = Array.from({ length: 100 }, () => get(handler, "/burn"));
      await new Promise(setImmediate);
      await Promise.all(answers);
    }
    const refused = Number(/^http_server_shed_total\{http_route="\/burn",priority="low"\} (\d+)$/m.exec(watch.metrics())?.[1]);
    assert.ok(refused > 80, `${refused}`);
    assert.equal(watch.outcomes("shed").length, 20);
    assert.equal(watch.outcomes("ok").length, 400 - refused);
    assert.match(watch.metrics(), /^http_server_overloaded_threads 1$/m);
    overloadChanged.publish({ handler: Symbol("another"), overloaded: false });
    assert.match(watch.metrics(), /^http_server_overloaded_threads 1$/m);
    await new Promise(setImmediate); // the last turn ends
    clock.advance(1_000);
    assert.match(watch.metrics(), /^http_server_overloaded_threads 0$/m);
    assert.deepEqual(watch.messages(), ["overloaded: requests are refused, those of low priority first", "no longer overloaded"]);
    stop();
  });
});
