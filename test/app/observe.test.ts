import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { observeRequests } from "#src/app/observe";
import { type RequestHandler, createRequestHandler, fetchInProcess, route, routes } from "#src/http/mod";
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
}

function createWatch(): Watch {
  const registry = createRegistry();
  const sink = createMemorySink();
  return {
    registry,
    log: createLogger({ sink }),
    metrics: () => renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" }),
    paths: () => sink.entries().map((entry) => entry["path"] as string),
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
});
