import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CLASSES, DEFAULT_ENTRIES, WAYS, tableBytes, viewTable } from "#src/ratelimit/table";

const seedOf = (segment: SharedArrayBuffer): string => [...viewTable(segment).seed].join(" ");

describe("rate limit table", () => {
  it("takes 1.1 MB by default", () => {
    assert.equal(tableBytes(DEFAULT_ENTRIES), 64 + 8_192 * 260);
  });

  it("agrees on a seed that differs from one process to the next", () => {
    const first = new SharedArrayBuffer(tableBytes(8));
    const seed = seedOf(first);
    assert.equal(seedOf(first), seed);
    assert.notEqual(seedOf(new SharedArrayBuffer(tableBytes(8))), seed);
    assert.ok(!seed.split(" ").includes("0"));
  });

  it("keeps the words of a seed that another thread has sown half", () => {
    const segment = new SharedArrayBuffer(tableBytes(8));
    new Int32Array(segment)[0] = 42;
    const { seed } = viewTable(segment);
    assert.equal(seed[0], 42);
    assert.notEqual(seed[1], 0);
  });

  it("gives every bucket its own bytes, and uses all of them", () => {
    for (const entries of [8, 16, 1_024]) {
      const segment = new SharedArrayBuffer(tableBytes(entries));
      const { buckets, states, floors, hashes, locks } = viewTable(segment);
      assert.equal(buckets, entries / WAYS);
      assert.deepEqual(
        [states.length, floors.length, hashes.length, locks.length],
        [entries, buckets * CLASSES, entries * 2, buckets],
      );
      for (const view of [states, floors, hashes, locks]) view.fill(-1);
      const spans = [states, floors, hashes, locks].map((view) => view.byteLength).reduce((sum, bytes) => sum + bytes, 64);
      assert.equal(spans, segment.byteLength);
      assert.ok([...states, ...floors].every((value) => value === -1) && [...hashes, ...locks].every((value) => value === -1));
    }
  });
});
