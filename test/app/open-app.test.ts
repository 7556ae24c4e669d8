import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AnyApp, Runtime } from "#src/app/contract";
import { defineApp } from "#src/app/define-app";
import { openApp, stopServices } from "#src/app/open-app";
import { SegmentTable } from "#src/core/mod";
import { createEvents, fetchInProcess, reply, route, routes } from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createRegistry } from "#src/telemetry/mod";
import { createFakeClock } from "#src/testing/fake-clock";

const sink = createMemorySink();
const log = createLogger({ sink });

const runtimeFor = (role: Runtime["role"]): Runtime => ({
  thread: "main",
  role,
  environment: "test",
  clock: createFakeClock(),
  memory: new SegmentTable(),
  metrics: createRegistry(),
  appKeys: [],
});

const open = (definition: AnyApp, more: { role?: Runtime["role"]; overrides?: Record<string, unknown>; config?: object } = {}) =>
  openApp({
    definition,
    config: more.config ?? {},
    log,
    runtime: runtimeFor(more.role ?? "all"),
    ...(more.overrides === undefined ? {} : { overrides: more.overrides }),
  });

/** A service that notes what happens to it. */
const noting = (name: string, events: string[]) => ({
  name,
  start: () => void events.push(`${name} starts`),
  stop: () => void events.push(`${name} stops`),
});

describe("open app", () => {
  test("tells whoever looks closely which service started and stopped, and how long it took", async () => {
    const closely = createMemorySink();
    const debug = createLogger({ sink: closely, level: "debug" });
    const clock = createFakeClock();
    const slow = { name: "slow", start: () => clock.advance(1_500) };
    const definition = defineApp({ name: "a", services: () => ({ slow }) });
    const opened = await openApp({ definition, config: {}, log: debug, runtime: { ...runtimeFor("all"), clock } });
    await stopServices(opened, debug);
    assert.deepEqual(
      closely.entries().map(({ message, service, durationMs }) => [message, service, durationMs]),
      [
        ["service started", "slow", 1_500],
        ["service stopped", "slow", 0],
      ],
    );
  });

  test("gives up a start that is under way when it is told to, and stops what has started", async () => {
    const events: string[] = [];
    const stopping = new AbortController();
    const hanging = {
      ...noting("hanging", events),
      dependsOn: ["store"],
      start: () => new Promise<void>(() => stopping.abort()),
    };
    const definition = defineApp({ name: "a", services: () => ({ store: noting("store", events), hanging }) });
    const opening = openApp({ definition, config: {}, log, runtime: runtimeFor("all"), signal: stopping.signal });
    await assert.rejects(opening, { code: "E_CORE_START_ABORTED" });
    assert.deepEqual(events, ["store starts", "hanging stops", "store stops"]);
  });

  test("starts the services among the values, before anything can be asked, and serves the routes made of them", async () => {
    const events: string[] = [];
    const app = defineApp({
      name: "a",
      services: () => ({ store: noting("store", events), plain: 7, text: "no service" }),
      routes: [
        ({ plain }) => routes(route.get("/one", { auth: "public" }, () => ({ plain, events }))),
        () => routes(route.get("/two", { auth: "public" }, () => "two")),
      ],
    });
    const opened = await open(app);
    assert.deepEqual(events, ["store starts"]);
    assert.deepEqual(
      opened.handler.routes.map(({ path }) => path),
      ["/one", "/two"],
    );
    const answer = await fetchInProcess(opened.handler, new Request("http://localhost/one"));
    assert.deepEqual(await answer.json(), { plain: 7, events: ["store starts"] });
    assert.equal(await stopServices(opened, log), true);
    assert.deepEqual(events, ["store starts", "store stops"]);
  });

  test("stops what had started when the routes are refused, and says what is wrong with the routes", async () => {
    const events: string[] = [];
    const app = defineApp({
      name: "a",
      services: () => ({ store: { ...noting("store", events), stop: () => Promise.reject(new Error("will not stop")) } }),
      routes: [() => [1, 2].map(() => route.get("/same", { auth: "public" }, () => 1))],
    });
    await assert.rejects(open(app), { code: "E_HTTP_ROUTES_INVALID" });
    assert.deepEqual(events, ["store starts"]);
    const throwing = defineApp({
      name: "b",
      services: () => ({ store: noting("store", events) }),
      routes: [() => assert.fail("made of a bad thing")],
    });
    await assert.rejects(open(throwing), /made of a bad thing/);
    assert.deepEqual(events, ["store starts", "store starts", "store stops"]);
  });

  test("hands services the configuration, the log and the runtime", async () => {
    const app = defineApp({
      name: "a",
      services: (tools) => {
        assert.deepEqual([tools.config, tools.log, tools.runtime.thread], [{ port: 1 }, log, "main"]);
        return { seen: noting("seen", []) };
      },
    });
    const opened = await open(app, { config: { port: 1 } });
    assert.equal((await opened.services.check())[0]?.service, "seen");
  });

  test("an override takes the place of a service: the one replaced is never started", async () => {
    const events: string[] = [];
    const app = defineApp({ name: "a", services: () => ({ store: noting("real", events), other: noting("other", events) }) });
    const opened = await open(app, { overrides: { store: noting("fake", events) } });
    await opened.services.stop();
    assert.deepEqual(events.toSorted(), ["fake starts", "fake stops", "other starts", "other stops"]);
  });

  test("background services run in jobs threads and where there is only one thread; routes in none that is for jobs", async () => {
    const cases = [
      { role: "http", runs: false, serves: 1 },
      { role: "jobs", runs: true, serves: 0 },
      { role: "all", runs: true, serves: 1 },
    ] as const;
    for (const { role, runs, serves } of cases) {
      const events: string[] = [];
      const app = defineApp({
        name: "a",
        services: () => ({ store: noting("store", events) }),
        background: () => [noting("worker", events)],
        routes: [() => routes(route.get("/", { auth: "public" }, () => 1))],
      });
      const opened = await open(app, { role });
      assert.equal(events.includes("worker starts"), runs, role);
      assert.equal(opened.handler.routes.length, serves, role);
      await opened.services.stop();
    }
  });

  test("an app without services or routes answers 404", async () => {
    const opened = await open(defineApp({ name: "empty" }));
    assert.equal((await fetchInProcess(opened.handler, new Request("http://localhost/"))).status, 404);
  });

  test("policies of the app hold for its routes", async () => {
    const app = defineApp({
      name: "a",
      defaults: { deadline: "7s" },
      securityHeaders: { replace: { "referrer-policy": "same-origin" } },
      routes: [() => routes(route.get("/", { auth: "public" }, () => 1))],
    });
    const { handler } = await open(app);
    assert.equal(handler.routes[0]?.deadline, "7s");
    const answer = await fetchInProcess(handler, new Request("http://localhost/"));
    assert.equal(answer.headers.get("referrer-policy"), "same-origin");
  });

  test("an app says how many streams may be open at once", async () => {
    const events = createEvents();
    const { handler } = await open(
      defineApp({
        name: "a",
        liveLimit: 1,
        routes: [() => routes(route.get("/events", { auth: "public" }, () => reply.events(events)))],
      }),
    );
    const ask = (): Promise<Response> => fetchInProcess(handler, new Request("http://localhost/events"));
    const first = await ask();
    assert.deepEqual([first.status, (await ask()).status], [200, 503]);
    await first.body?.cancel();
  });

  test("a service that does not stop is logged, and said", async () => {
    const app = defineApp({
      name: "a",
      services: () => ({ store: { name: "store", stop: () => Promise.reject(new Error("still busy")) } }),
    });
    sink.clear();
    assert.equal(await stopServices(await open(app), log), false);
    assert.match(sink.lines.join(""), /services did not stop cleanly/);
    assert.match(sink.lines.join(""), /still busy/);
  });
});
