import assert from "node:assert/strict";
import { test } from "node:test";
import { handlerSettings } from "#src/app/handler-settings";

test("the switch turns shedding off, and the target is handed on", () => {
  assert.deepEqual(handlerSettings({ loadShedding: false, loadSheddingTarget: "50ms" }), { shedding: false });
  assert.deepEqual(handlerSettings({ loadShedding: true, loadSheddingTarget: "10ms" }), { shedding: { target: "10ms" } });
  assert.deepEqual(handlerSettings({}), {});
});
