import assert from "node:assert/strict";
import { test } from "node:test";
import { handlerSettings } from "#src/app/handler-settings";
import { Secret } from "#src/core/mod";

test("the switch turns shedding off, and the target is handed on", () => {
  assert.deepEqual(handlerSettings({ loadShedding: false, loadSheddingTarget: "50ms" }), {
    shedding: false,
    serverTiming: "off",
  });
  assert.deepEqual(handlerSettings({ loadShedding: true, loadSheddingTarget: "10ms" }), {
    shedding: { target: "10ms" },
    serverTiming: "off",
  });
  assert.deepEqual(handlerSettings({}), { serverTiming: "off" });
});

test("steps are timed for everybody, for those who know the secret, or for nobody", () => {
  const serverTimingSecret = new Secret("s".repeat(32));
  assert.equal(handlerSettings({ serverTiming: "always", serverTimingSecret }).serverTiming, "always");
  assert.equal(handlerSettings({ serverTiming: "off", serverTimingSecret }).serverTiming, serverTimingSecret);
  assert.equal(handlerSettings({ serverTiming: "off" }).serverTiming, "off");
});
