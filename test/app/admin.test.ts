import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AdminSources, type Readiness, adminRoutes } from "#src/app/admin";
import { createRequestHandler, fetchInProcess } from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createRegistry } from "#src/telemetry/mod";

const READY: Readiness = { ready: true, state: "ready", failures: {} };

async function createAdmin(
  sources: Partial<AdminSources> = {},
): Promise<(path: string, headers?: Record<string, string>) => Promise<Response>> {
  const handler = await createRequestHandler({
    routes: adminRoutes({
      program: "shop 1.0.0",
      readiness: () => Promise.resolve(READY),
      hopeless: () => [],
      segments: () => new Map(),
      ...sources,
    }),
    log: createLogger({ sink: createMemorySink() }),
  });
  return (path, headers = {}) => fetchInProcess(handler, new Request(`http://localhost${path}`, { headers }));
}

const said = async (answer: Response): Promise<[number, string]> => [answer.status, await answer.text()];

describe("admin routes", () => {
  test("liveness fails only when the process cannot mend itself, and says why", async () => {
    assert.deepEqual(await said(await (await createAdmin())("/livez")), [200, "ok\n"]);
    const unready = await createAdmin({ readiness: () => Promise.resolve({ ...READY, ready: false }) });
    assert.deepEqual(await said(await unready("/livez")), [200, "ok\n"]);
    const hopeless = await createAdmin({ hopeless: () => ["one reason", "another"] });
    assert.deepEqual(await said(await hopeless("/livez")), [503, "one reason\nanother\n"]);
  });

  test("readiness is a status and a word, and with ?verbose what fails", async () => {
    const failing: Readiness = { ready: false, state: "failing", failures: { "http-0": ["db: no answer"] } };
    const admin = await createAdmin({ readiness: () => Promise.resolve(failing) });
    assert.deepEqual(await said(await admin("/readyz")), [503, "failing\n"]);
    assert.deepEqual(await said(await admin("/readyz?verbose")), [503, JSON.stringify(failing)]);
    assert.deepEqual(await said(await (await createAdmin())("/readyz")), [200, "ready\n"]);
  });

  test("metrics are those of all threads, in the format that is asked for", async () => {
    const [one, two] = [createRegistry(), createRegistry()];
    for (const registry of [one, two]) registry.counter({ name: "orders_total", help: "Orders." }).add(2);
    const admin = await createAdmin({
      segments: () =>
        new Map([
          ["http-0", one.segment],
          ["http-1", two.segment],
        ]),
    });
    const plain = await admin("/metrics");
    assert.match(plain.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(await plain.text(), /^orders_total 4$/m);
    const open = await admin("/metrics", { accept: "application/openmetrics-text; version=1.0.0" });
    assert.match(open.headers.get("content-type") ?? "", /^application\/openmetrics-text/);
    assert.match(await open.text(), /# EOF\n$/);
  });

  test("the root says what is here, and nothing else is", async () => {
    const admin = await createAdmin();
    assert.match(await (await admin("/")).text(), /^shop 1\.0\.0\n[\s\S]*GET \/metrics/);
    assert.equal((await admin("/console")).status, 404);
  });
});
