import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "#src/core/mod";
import { Maintenance, type MaintenanceOrder } from "#src/http/maintenance/maintenance";
import { route } from "#src/http/route";
import { createApp, jsonInit, problemOf, watchFinished } from "../support.ts";

const BYPASS = "b".repeat(32);
const ORDER: MaintenanceOrder = {
  message: "Back at <noon> & not before.",
  retryAfterSeconds: 90,
  allow: [],
  bypass: new Secret(BYPASS),
};

async function createClosedApp(change: Partial<MaintenanceOrder> = {}) {
  const maintenance = new Maintenance();
  const calls: string[] = [];
  const auth = { scheme: "t", challenge: "T", identify: () => calls.push("identify") };
  const app = await createApp(
    [
      route.get("/orders/:id", { auth: "public" }, () => calls.push("get")),
      route.post("/orders/:id", { auth }, () => calls.push("post")),
      route.get("/vital", { auth: "public", priority: "critical" }, () => calls.push("vital")),
    ],
    { maintenance },
  );
  maintenance.set({ ...ORDER, ...change });
  return { ...app, maintenance, calls };
}

type ClosedApp = Awaited<ReturnType<typeof createClosedApp>>;
const statusesOf = (app: ClosedApp, headers: Record<string, string> = {}): Promise<number[]> =>
  Promise.all(
    [
      app.fetch("/orders/1", { headers }),
      app.fetch("/orders/1", { headers, method: "POST" }),
      app.fetch("/vital", { headers }),
      app.fetch("/nowhere", { headers }),
    ].map(async (answer) => (await answer).status),
  );

describe("maintenance", () => {
  it("answers every route with a problem that says when to come back, before any work", async (t) => {
    const app = await createClosedApp();
    const finished = watchFinished(t, "/orders/:id");
    const answer = await app.fetch("/orders/1", jsonInit({}));
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "90");
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const problem = await problemOf(answer);
    assert.deepEqual([problem.code, problem.detail], ["E_HTTP_MAINTENANCE", ORDER.message]);
    assert.deepEqual(await statusesOf(app), [503, 503, 503, 503]);
    assert.deepEqual(app.calls, []);
    assert.deepEqual([finished.seen[0]?.outcome, finished.seen.length], ["shed", 3]);
    assert.equal(app.lines.length, 0);
  });

  it("begins and ends while the app runs", async () => {
    const app = await createClosedApp();
    app.maintenance.set(null);
    assert.deepEqual(await statusesOf(app), [200, 200, 200, 404]);
    app.maintenance.set(ORDER);
    assert.deepEqual(await statusesOf(app), [503, 503, 503, 503]);
  });

  it("shows a page to browsers that go somewhere, with the message escaped and the headers of any answer", async () => {
    const app = await createClosedApp();
    const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const page = await app.fetch("/orders/1", { headers: { accept } });
    assert.deepEqual([page.status, page.headers.get("retry-after")], [503, "90"]);
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(page.headers.get("x-content-type-options"), "nosniff");
    assert.ok(page.headers.get("x-request-id"));
    assert.match(await page.text(), /<p>Back at &lt;noon&gt; &amp; not before\.<\/p>/);
    const head = await app.fetch("/orders/1", { method: "HEAD", headers: { accept } });
    assert.deepEqual([head.status, await head.text()], [503, ""]);
    for (const [method, accepted] of [
      ["POST", accept],
      ["GET", "application/json, text/html"],
      ["GET", "*/*"],
    ] as const) {
      const answer = await app.fetch("/orders/1", { method, headers: { accept: accepted } });
      assert.equal(answer.headers.get("content-type"), "application/problem+json", `${method} ${accepted}`);
    }
  });

  it("serves what is allowed: a path, a path with one method, a priority", async () => {
    const allowing = async (...allow: string[]): Promise<number[]> => statusesOf(await createClosedApp({ allow }));
    assert.deepEqual(await allowing("/orders/:id"), [200, 200, 503, 503]);
    assert.deepEqual(await allowing("GET /orders/:id"), [200, 503, 503, 503]);
    assert.deepEqual(await allowing("critical"), [503, 503, 200, 503]);
    assert.deepEqual(await allowing("normal", "/vital"), [200, 200, 200, 503]);
    assert.deepEqual(await allowing("", "/orders/1", "/nowhere"), [503, 503, 503, 503]);
  });

  it("lesson: CVE-2025-29927: serves who knows the secret, in a header or a cookie, and no other value of them", async () => {
    const app = await createClosedApp();
    assert.deepEqual(await statusesOf(app, { "maintenance-bypass": BYPASS }), [200, 200, 200, 404]);
    assert.deepEqual(await statusesOf(app, { cookie: `a=b; maintenance-bypass=${BYPASS}` }), [200, 200, 200, 404]);
    for (const value of ["", "1", "true", BYPASS.slice(1), `${BYPASS}b`, `${BYPASS}, ${BYPASS}`, "[redacted]", "undefined"]) {
      assert.deepEqual(await statusesOf(app, { "maintenance-bypass": value }), [503, 503, 503, 503], value);
      assert.deepEqual(await statusesOf(app, { cookie: `maintenance-bypass=${value}` }), [503, 503, 503, 503], value);
    }
  });
});
