import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SegmentTable } from "#src/core/mod";
import { ConnectionSlots } from "#src/http/live/connection-slots";
import { LiveSet } from "#src/http/live/live-set";
import { createFakeClock } from "#src/testing/fake-clock";

const one = (drain: () => void = () => {}) => ({ drain });

async function openSet(memory: SegmentTable, places: number, thread: number): Promise<LiveSet> {
  return new LiveSet(await ConnectionSlots.open(memory, places, thread), createFakeClock());
}

describe("what a handler holds open", () => {
  it("is bounded over all threads together", async () => {
    const memory = new SegmentTable();
    const first = await openSet(memory, 3, 1);
    const second = await openSet(memory, 3, 2);
    const held = one();
    first.enter(held);
    first.enter(one());
    second.enter(one());
    for (const full of [first, second]) assert.throws(() => full.enter(one()), { code: "E_HTTP_LIVE_LIMIT", status: 503 });
    assert.equal(first.size + second.size, 3);
    first.leave(held);
    first.leave(held);
    second.enter(one());
    assert.throws(() => first.enter(one()), { code: "E_HTTP_LIVE_LIMIT" });
  });

  it("has a bound that is a number of places", async () => {
    for (const places of [0, -1, 1.5, Number.NaN, Infinity, 1_000_001]) {
      await assert.rejects(openSet(new SegmentTable(), places, 0), { code: "E_HTTP_LIVE_LIMIT_INVALID" });
    }
  });

  it("frees the places of a thread that died", async () => {
    const memory = new SegmentTable();
    const dead = await openSet(memory, 2, 7);
    dead.enter(one());
    dead.enter(one());
    const other = await openSet(memory, 2, 8);
    assert.throws(() => other.enter(one()), { code: "E_HTTP_LIVE_LIMIT" });
    assert.equal(memory.releaseLocks(7), 2);
    other.enter(one());
    other.enter(one());
  });

  it("is told to end once, and lets nobody in any more", async () => {
    const set = await openSet(new SegmentTable(), 5, 0);
    let drained = 0;
    const ends = one(() => {
      drained++;
      set.leave(ends);
    });
    set.enter(ends);
    set.enter(one(() => drained++));
    set.drain();
    assert.equal(drained, 2);
    assert.equal(set.size, 1);
    assert.throws(() => set.enter(one()), { code: "E_HTTP_SHUTTING_DOWN", status: 503 });
  });
});
