import assert from "node:assert/strict";
import { test } from "node:test";
import { settleMemory } from "#src/app/settle-memory";
import { createFakeClock } from "#src/testing/fake-clock";

/** Settles on a thread that is as busy as `load` says. */
function settle(load: { busy: number }) {
  const clock = createFakeClock();
  const seen = { clock, collections: 0 };
  settleMemory({ clock, measure: () => () => load.busy, collect: () => seen.collections++ });
  return seen;
}

test("memory settles once, a quiet second after the start", () => {
  const seen = settle({ busy: 0.02 });
  seen.clock.advance(999);
  assert.equal(seen.collections, 0);
  seen.clock.advance(1);
  assert.equal(seen.collections, 1);
  seen.clock.advance(60_000);
  assert.equal(seen.collections, 1);
});

test("memory does not settle while the thread has work, but after it", () => {
  const load = { busy: 0.5 };
  const seen = settle(load);
  seen.clock.advance(5_000);
  assert.equal(seen.collections, 0);
  load.busy = 0;
  seen.clock.advance(1_000);
  assert.equal(seen.collections, 1);
});

test("memory is left alone on a thread that is never idle", () => {
  const load = { busy: 1 };
  const seen = settle(load);
  seen.clock.advance(60_000);
  load.busy = 0;
  seen.clock.advance(60_000);
  assert.equal(seen.collections, 0);
});
