import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GenerationTable } from "#src/cache/generation-table";
import { SegmentTable } from "#src/core/mod";

const open = (memory = new SegmentTable(), slots = 1_024): Promise<GenerationTable> =>
  GenerationTable.open(memory, "main", slots);

describe("the table of generations", () => {
  it("tells what was invalidated after a time from what was not", async () => {
    const table = await open();
    const [one, other] = [100, 101];
    const before = table.now();
    assert.equal(table.isCurrent([one, other], before), true);
    table.invalidate([one]);
    assert.deepEqual([table.isCurrent([one], before), table.isCurrent([other], before)], [false, true]);
    assert.equal(table.isCurrent([one], table.now()), true);
  });

  it("is one for all threads, and another for another program", async () => {
    const memory = new SegmentTable();
    const [one, same, other] = [await open(memory), await open(memory), await open()];
    assert.deepEqual([one.id === same.id, one.id === other.id], [true, false]);
    assert.equal(one.slotOf("t:x"), same.slotOf("t:x"));
    const before = same.now();
    const published = same.published();
    one.invalidate([one.slotOf("t:x")]);
    assert.equal(same.isCurrent([same.slotOf("t:x")], before), false);
    assert.notEqual(same.published(), published);
  });

  it("lets one of two that set at once know that it was not alone", async () => {
    const table = await open();
    const first = table.invalidate([100]);
    const second = table.invalidate([100]);
    assert.equal(table.advance(100, first), undefined);
    // The first one's second invalidation has overtaken it.
    assert.equal(table.advance(100, second), undefined);
    const alone = table.invalidate([100]);
    const time = table.advance(100, alone);
    assert.ok(time !== undefined && table.isCurrent([100], time) && !table.isCurrent([100], alone));
  });

  it("never takes a slot's time back", async () => {
    const table = await open();
    const early = table.invalidate([100]);
    const late = table.invalidate([100]);
    table.advance(100, early);
    assert.equal(table.isCurrent([100], late), false);
  });

  it("spreads names over its slots", async () => {
    const table = await open(new SegmentTable(), 65_536);
    const slots = new Set(Array.from({ length: 10_000 }, (_, index) => table.slotOf(`k:users:${index}`)));
    // 10,000 thrown at random into 65,536 meet about 720 times.
    assert.ok(slots.size > 9_100, String(slots.size));
    assert.ok([...slots].every((slot) => slot >= 8 && slot < 65_544));
  });

  it("refuses sizes that it cannot have", async () => {
    for (const slots of [0, 1_000, 512, 2 ** 25, 1.5, Number.NaN])
      await assert.rejects(open(new SegmentTable(), slots), { code: "E_CACHE_OPTION_INVALID" });
  });

  it("counts its threads", async () => {
    const table = await open();
    assert.equal(table.enter(), 1);
    assert.equal(table.enter(), 2);
    table.leave();
    assert.equal(table.threads, 1);
  });
});
