import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Broadcast } from "#src/app/broadcast";
import { obeyMaintenanceOrders } from "#src/app/maintenance-orders";
import { maintenanceActions } from "#src/app/operator/maintenance-actions";
import { MaintenanceControl } from "#src/app/operator/maintenance-control";
import { createFakeClock } from "#src/testing/fake-clock";
import { createAdminCaller } from "../support/admin-caller.ts";

const REQUEST = { message: "Later.", retryAfter: "90s", allow: ["/a"] } as const;

function createScene() {
  const clock = createFakeClock();
  const broadcast = new Broadcast();
  return { clock, broadcast, control: new MaintenanceControl(broadcast, clock), early: obeyMaintenanceOrders(broadcast) };
}

describe("maintenance control", () => {
  test("tells those who follow it already and those who come later, until it ends", () => {
    const { broadcast, control, early } = createScene();
    assert.equal(early.order, null);
    control.begin(REQUEST);
    const late = obeyMaintenanceOrders(broadcast);
    for (const { order } of [early, late]) {
      assert.deepEqual([order?.message, order?.retryAfterSeconds, order?.allow], ["Later.", 90, ["/a"]]);
      assert.equal(order?.bypass.reveal(), control.status.bypass);
    }
    control.end();
    assert.deepEqual([early.order, late.order, control.status], [null, null, { on: false }]);
  });

  test("keeps its start and the way past it while it lasts, and gives others to the next", () => {
    const { clock, control } = createScene();
    const first = control.begin(REQUEST);
    clock.advance(60_000);
    const changed = control.begin({ ...REQUEST, message: "Soon.", retryAfter: "1500ms" });
    assert.deepEqual(changed, { ...first, message: "Soon.", retryAfterSeconds: 2 });
    assert.equal(first.since, "2026-01-01T00:00:00.000Z");
    assert.ok((first.bypass?.length ?? 0) >= 32);
    control.end();
    const next = control.begin(REQUEST);
    assert.equal(next.since, "2026-01-01T00:01:00.000Z");
    assert.notEqual(next.bypass, first.bypass);
  });
});

describe("maintenance actions", () => {
  test("begin, tell and end it, with what is not said left to defaults", async () => {
    const { control } = createScene();
    const caller = await createAdminCaller((action) => maintenanceActions(action, control, () => ["GET /status"]));
    const begun = await caller.call("PUT", "/-/maintenance", { input: {} });
    assert.equal(begun.status, 200);
    assert.deepEqual(begun.body, control.status);
    assert.deepEqual([control.status.retryAfterSeconds, control.status.allow], [600, []]);
    const warned = await caller.call("PUT", "/-/maintenance", { input: { allow: ["/staus"] } });
    assert.equal(warned.status, 200);
    assert.deepEqual((warned.body as { warnings?: unknown }).warnings, [
      '"/staus" is no route that is served here; did you mean "/status"?',
    ]);
    assert.deepEqual(control.status.allow, ["/staus"]);
    assert.deepEqual((await caller.call("GET", "/-/maintenance")).body, control.status);
    assert.deepEqual((await caller.call("DELETE", "/-/maintenance")).body, { on: false });
    const input = { message: 1, retryAfter: "soon", allow: "x", until: "noon" };
    assert.equal((await caller.call("PUT", "/-/maintenance", { input })).status, 400);
    assert.deepEqual(control.status, { on: false });
  });
});
