import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Broadcast } from "#src/app/broadcast";
import type { AnyApp, Runtime } from "#src/app/contract";
import { defineApp } from "#src/app/define-app";
import { fixedConfig } from "#src/app/live-config";
import { createMainThreadCrew } from "#src/app/main-thread-crew";
import { probePort } from "#src/app/port-probe";
import { baseOf, loadSettings } from "#src/app/settings";
import { SegmentTable, systemClock } from "#src/core/mod";
import { poolChanged } from "#src/db/mod";
import { route, routes } from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createRegistry, renderMetrics } from "#src/telemetry/mod";

async function createCrew(definition: AnyApp, role: Runtime["role"] = "all") {
  const port = await probePort({ host: "127.0.0.1", port: 0, what: "The test" });
  const sink = createMemorySink();
  const runtime: Runtime = {
    thread: "main",
    role,
    environment: "test",
    clock: systemClock,
    memory: new SegmentTable(),
    metrics: createRegistry(),
    appKeys: [],
  };
  const listen = { host: "127.0.0.1", port };
  const live = fixedConfig(baseOf(await loadSettings(definition, { env: {} })));
  const crew = createMainThreadCrew({
    definition,
    live,
    runtime,
    log: createLogger({ sink }),
    listen,
    broadcast: new Broadcast(),
  });
  return { crew, sink, url: `http://127.0.0.1:${port}` };
}

const hello = (): ReturnType<typeof routes> => routes(route.get("/hello", { auth: "public" }, () => "hello"));

describe("main thread", () => {
  test("serves, counts and logs once it is ready, and lets go of everything when it has drained", async () => {
    const events: string[] = [];
    const store = { name: "store", stop: () => void events.push("stopped") };
    const { crew, sink, url } = await createCrew(defineApp({ name: "a", services: () => ({ store }), routes: [hello] }));
    assert.deepEqual(await crew.readiness(), { ready: false, state: "starting", failures: {} });
    await crew.start();
    assert.deepEqual(await crew.readiness(), { ready: true, state: "ready", failures: {} });
    assert.equal(await (await fetch(`${url}/hello`, { headers: { connection: "close" } })).json(), "hello");
    assert.deepEqual(
      sink.entries().map((entry) => entry["route"]),
      ["/hello"],
    );
    assert.match(renderMetrics(crew.segments(), { format: "prometheus" }), /http_route="\/hello"/);
    assert.deepEqual(crew.hopeless(), []);
    assert.equal(await crew.drain(5_000), true);
    assert.deepEqual(events, ["stopped"]);
    await assert.rejects(fetch(`${url}/hello`));
  });

  test("counts what its services announce from their start to their stop, and not after a start that failed", async () => {
    const announce = (open: number) => () =>
      poolChanged.publish({ database: "d", pool: "p", open, idle: 0, waiting: 0, size: 9 });
    const store = { name: "store", start: announce(3), stop: announce(0) };
    const { crew } = await createCrew(defineApp({ name: "a", services: () => ({ store }) }));
    const shown = (): string | undefined =>
      /^db_client_connections\{.*\} (\d)$/m.exec(renderMetrics(crew.segments(), { format: "prometheus" }))?.[1];
    await crew.start();
    assert.equal(shown(), "3");
    await crew.drain(0);
    assert.equal(shown(), "0");
    assert.equal(poolChanged.hasSubscribers, false);

    const broken = { name: "broken", start: () => Promise.reject(new Error("no disk")) };
    const failing = await createCrew(defineApp({ name: "a", services: () => ({ broken }) }));
    await assert.rejects(failing.crew.start());
    assert.equal(poolChanged.hasSubscribers, false);
    await failing.crew.drain(0);
  });

  test("is not ready while a service fails its check", async () => {
    const store = { name: "store", check: () => Promise.reject(new Error("disk full")) };
    const { crew } = await createCrew(defineApp({ name: "a", services: () => ({ store }) }));
    await crew.start();
    assert.deepEqual(await crew.readiness(), { ready: false, state: "failing", failures: { main: ["store: disk full"] } });
    await crew.drain(0);
  });

  test("has not ended cleanly when a service did not stop", async () => {
    const store = { name: "store", stop: () => Promise.reject(new Error("still busy")) };
    const { crew, sink } = await createCrew(defineApp({ name: "a", services: () => ({ store }) }));
    await crew.start();
    assert.equal(await crew.drain(0), false);
    assert.match(sink.lines.join(""), /still busy/);
  });

  test("listens for nobody when it is for jobs, and runs what works in the background", async () => {
    const events: string[] = [];
    const worker = { name: "worker", start: () => void events.push("started"), stop: () => void events.push("stopped") };
    const { crew, url } = await createCrew(defineApp({ name: "a", background: () => [worker], routes: [hello] }), "jobs");
    await crew.start();
    await assert.rejects(fetch(`${url}/hello`));
    assert.equal((await crew.readiness()).ready, true);
    assert.equal(await crew.drain(0), true);
    assert.deepEqual(events, ["started", "stopped"]);
  });
});
