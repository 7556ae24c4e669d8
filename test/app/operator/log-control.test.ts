import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Broadcast } from "#src/app/broadcast";
import { type LogOrders, logOrders } from "#src/app/log-orders";
import { logActions } from "#src/app/operator/log-actions";
import { LogControl } from "#src/app/operator/log-control";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { createAdminCaller } from "../support/admin-caller.ts";

function createScene() {
  const clock = createFakeClock();
  const broadcast = new Broadcast();
  const sink = createMemorySink();
  const control = new LogControl({ level: "info", broadcast, clock, log: createLogger({ sink, clock }) });
  let orders: LogOrders | undefined;
  broadcast.subscribe(logOrders, (value) => (orders = value));
  const said = (): readonly string[] => sink.lines.map((line) => (JSON.parse(line) as { message: string }).message);
  return { clock, control, said, orders: () => orders };
}

describe("log control", () => {
  test("sets a level for a time, says how long it still holds, and goes back by itself", () => {
    const { clock, control, said, orders } = createScene();
    assert.deepEqual(orders(), { level: "info", scopes: [] });
    control.setLevel("trace", "10m");
    assert.deepEqual(orders(), { level: "trace", scopes: [] });
    clock.advance(599_500);
    assert.deepEqual(control.status, { level: "trace", configured: "info", secondsLeft: 1, scopes: [] });
    clock.advance(500);
    assert.deepEqual(control.status, { level: "info", configured: "info", scopes: [] });
    assert.deepEqual(orders(), { level: "info", scopes: [] });
    assert.deepEqual(said(), ["the log level was changed", "the log level is as configured again"]);
  });

  test("a later order takes the place of an earlier one, whose end no longer counts", () => {
    const { clock, control, orders } = createScene();
    control.setLevel("trace", "1m");
    control.setLevel("warn", "10m");
    clock.advance(60_000);
    assert.equal(orders()?.level, "warn");
    assert.equal(clock.pending, 1);
  });

  test("a change of the configured level waits until the order has ended", () => {
    const { clock, control, orders } = createScene();
    control.setLevel("trace", "1m");
    control.configure("error");
    assert.equal(orders()?.level, "trace");
    clock.advance(60_000);
    assert.equal(orders()?.level, "error");
  });

  test("scopes end one by one, and the same scope again begins anew", () => {
    const { clock, control, orders, said } = createScene();
    control.addScope({ route: "/files/:id", level: "debug" }, "1m");
    control.addScope({ principal: "u1", level: "debug" }, "2m");
    clock.advance(30_000);
    control.addScope({ route: "/files/:id", level: "trace" }, "1m");
    clock.advance(59_999);
    assert.deepEqual(orders()?.scopes, [
      { route: "/files/:id", level: "trace" },
      { principal: "u1", level: "debug" },
    ]);
    clock.advance(1);
    assert.deepEqual(orders()?.scopes, [{ principal: "u1", level: "debug" }]);
    clock.advance(30_000);
    assert.deepEqual(orders()?.scopes, []);
    assert.equal(said().filter((message) => message === "scoped debug logging ended").length, 2);
  });

  test("a reset ends all of it and leaves no timer", () => {
    const { clock, control, orders } = createScene();
    control.setLevel("silent", "1h");
    control.addScope({ requestId: "r-1", level: "debug" }, "1h");
    control.reset();
    assert.deepEqual(orders(), { level: "info", scopes: [] });
    assert.equal(clock.pending, 0);
  });

  test("takes no more scopes than it can afford, and no time that is no look at something", () => {
    const { control } = createScene();
    for (let index = 0; index < 16; index++) control.addScope({ requestId: `r-${index}`, level: "debug" }, "1m");
    assert.throws(() => control.addScope({ requestId: "r-16", level: "debug" }, "1m"), { code: "E_APP_LOG_SCOPES_FULL" });
    control.addScope({ requestId: "r-3", level: "trace" }, "1m");
    for (const time of ["0s", "999ms", "25h", "400d"] as const) {
      assert.throws(() => control.setLevel("debug", time), { code: "E_APP_LOG_TIME_INVALID" }, time);
    }
    assert.equal(control.status.level, "info");
  });

  test("refuses a scope that would match everything or nothing", () => {
    const { control } = createScene();
    assert.throws(() => control.addScope({ level: "debug" }, "1m"), { code: "E_APP_LOG_SCOPE_INVALID" });
    assert.throws(() => control.addScope({ route: "GET /files/:id", level: "debug" }, "1m"), { code: "E_APP_LOG_SCOPE_INVALID" });
    assert.throws(() => control.addScope({ address: "10.0.0.1:80", level: "debug" }, "1m"), { code: "E_APP_LOG_SCOPE_INVALID" });
    control.addScope({ address: "::FFFF:192.0.2.1", level: "debug" }, "1m");
    assert.equal(control.status.scopes[0]?.address, "192.0.2.1");
  });

  test("is worked by actions, each of which answers with what holds then", async () => {
    const { clock, control } = createScene();
    const admin = await createAdminCaller((action) => logActions(action, control, () => ["GET /files"]), clock);
    const level = await admin.call("PUT", "/-/log/level", { input: { level: "debug" } });
    assert.deepEqual(level.body, { level: "debug", configured: "info", secondsLeft: 600, scopes: [] });
    const scope = await admin.call("POST", "/-/log/scopes", { input: { principal: "u1", for: "30s" } });
    assert.deepEqual((scope.body as { scopes: unknown }).scopes, [{ principal: "u1", level: "debug", secondsLeft: 30 }]);
    assert.deepEqual((await admin.call("GET", "/-/log")).body, scope.body);
    assert.deepEqual((await admin.call("DELETE", "/-/log")).body, { level: "info", configured: "info", scopes: [] });
    assert.equal((await admin.call("PUT", "/-/log/level", { input: { level: "loud" } })).status, 400);
    assert.equal((await admin.call("PUT", "/-/log/level", { input: {} })).status, 400);
    assert.equal((await admin.call("PUT", "/-/log/level", { input: { level: "debug", for: "2d" } })).status, 400);
  });
});
