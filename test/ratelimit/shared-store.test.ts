import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SegmentTable } from "#src/core/mod";
import { lockWord } from "#src/core/shared-lock";
import { type LockTimeout, lockTimeouts } from "#src/ratelimit/channels";
import type { RatePolicy } from "#src/ratelimit/contract";
import { openSharedStore } from "#src/ratelimit/shared-store";
import { TABLE_SEGMENT, tableBytes, viewTable } from "#src/ratelimit/table";
import { createFakeClock } from "#src/testing/fake-clock";
import { ExactRate, ratePolicy as policy } from "#src/testing/limit-model";
import { limitStoreSuite } from "#src/testing/limit-store-suite";
import { steps } from "./steps.ts";

limitStoreSuite.run("shared memory", async () => {
  const clock = createFakeClock();
  return { clock, store: await openSharedStore({ memory: new SegmentTable(), clock }) };
});

// A table of one bucket: whatever does not fit into 8 entries is forgotten.
const openTiny = (memory: SegmentTable, clock = createFakeClock()) => openSharedStore({ memory, clock, entries: 8 });

describe("limit store in shared memory, crowded", () => {
  const limits = [policy(5, 1_000), policy(20, 60_000), policy(3, 86_400_000), policy(4, 1_000, { burst: 9 })];

  it("never lets more through than the policies allow, whoever is forgotten", async () => {
    await fc.assert(
      fc.asyncProperty(steps(12, limits.length), async (calls) => {
        const clock = createFakeClock();
        const store = await openTiny(new SegmentTable(), clock);
        const meters = limits.map((limit) => store.meter(limit));
        const model = new Map<string, ExactRate>();
        for (const call of calls) {
          clock.advance(call.pause);
          const id = `${call.policy} ${call.key}`;
          const quota = model.get(id) ?? new ExactRate(limits[call.policy] as RatePolicy);
          model.set(id, quota);
          const decision = (meters[call.policy] as (typeof meters)[number]).take(`key ${call.key}`, call.cost);
          if (!decision.allowed) continue;
          assert.ok(
            quota.allows(clock.monotonic(), call.cost),
            `policy ${call.policy}, key ${call.key} was let through too often`,
          );
          quota.take(clock.monotonic(), call.cost);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("does not give a caller a new quota for crowding their own entry out", async () => {
    const store = await openTiny(new SegmentTable());
    const meter = store.meter(policy(5, 60_000));
    for (let call = 0; call < 5; call += 1) assert.equal(meter.take("attacker", 1).allowed, true);
    for (let other = 0; other < 500; other += 1) meter.take(`crowd ${other}`, 1);
    assert.equal(meter.take("attacker", 1).allowed, false);
  });

  it("does not give a caller a day's quota again for crowding it out with calls of a short policy", async () => {
    const store = await openTiny(new SegmentTable());
    const [daily, brief] = [store.meter(policy(2, 86_400_000)), store.meter(policy(1, 1_000))];
    for (let key = 0; key < 9; key += 1) daily.take(`caller ${key}`, 2);
    for (let key = 0; key < 50; key += 1) brief.take(`crowd ${key}`, 1);
    for (let key = 0; key < 9; key += 1) assert.equal(daily.take(`caller ${key}`, 1).allowed, false, `caller ${key}`);
  });

  it("does not refuse a newcomer of a short policy because quotas of a long one were forgotten", async () => {
    const store = await openTiny(new SegmentTable());
    const [daily, brief] = [store.meter(policy(1, 86_400_000)), store.meter(policy(1, 1_000))];
    for (let key = 0; key < 20; key += 1) daily.take(`caller ${key}`, 1);
    assert.equal(brief.peek("newcomer", 1).allowed, true);
    assert.equal(brief.take("newcomer", 1).allowed, true);
    assert.equal(daily.take("newcomer", 1).allowed, false);
  });

  it("lets newcomers of other policies pass while somebody floods an hourly one from 131,072 networks", async () => {
    const store = await openSharedStore({ memory: new SegmentTable(), clock: createFakeClock() });
    const hourly = store.meter(policy(5, 3_600_000));
    for (let key = 0; key < 131_072; key += 1) hourly.take(`2001:db8:${key.toString(16)}::/64`, 1);
    for (const meter of [store.meter(policy(5, 60_000)), store.meter(policy(1_000, 60_000))]) {
      for (let key = 0; key < 1_000; key += 1) assert.equal(meter.take(`client ${key}`, 1).allowed, true);
    }
  });

  it("forgets expired keys first, so that newcomers after a quiet time start with a whole quota", async () => {
    const clock = createFakeClock();
    const store = await openTiny(new SegmentTable(), clock);
    const meter = store.meter(policy(2, 1_000));
    for (let key = 0; key < 8; key += 1) meter.take(`early ${key}`, 2);
    clock.advance(1_000);
    for (let key = 0; key < 8; key += 1) assert.equal(meter.take(`late ${key}`, 2).allowed, true);
    assert.equal(meter.take("one more", 1).allowed, false);
  });

  it("keeps the entries of those who have used most", async () => {
    const store = await openTiny(new SegmentTable());
    const meter = store.meter(policy(100, 60_000));
    meter.take("heavy", 90);
    for (let key = 0; key < 30; key += 1) meter.take(`light ${key}`, 1);
    assert.equal(meter.take("heavy", 1).remaining, 9);
  });
});

describe("limit store in shared memory, between threads", () => {
  it("counts one quota for all who open the same memory", async () => {
    const memory = new SegmentTable();
    const clock = createFakeClock();
    const stores = await Promise.all([0, 1, 2].map((threadIndex) => openSharedStore({ memory, clock, threadIndex })));
    let passed = 0;
    for (let round = 0; round < 10; round += 1) {
      for (const store of stores) if (store.meter(policy(7, 60_000)).take("caller", 1).allowed) passed += 1;
    }
    assert.equal(passed, 7);
  });

  it("refuses, says so, and lets others be, while a dead thread holds a lock; counts on once it is released", async () => {
    const memory = new SegmentTable();
    const store = await openTiny(memory);
    const meter = store.meter(policy(5, 60_000, { name: "guarded" }));
    meter.take("caller", 1);
    const segment = memory.claimSync(TABLE_SEGMENT, tableBytes(8));
    assert.equal(lockWord(viewTable(segment).locks, 0, 77 + 1), true);
    const heard: LockTimeout[] = [];
    const unsubscribe = lockTimeouts.subscribe((message) => heard.push(message));
    const refused = meter.take("caller", 1);
    unsubscribe();
    const { allowed, remaining, resetSeconds, retryAfterSeconds, refusal } = refused;
    assert.deepEqual([allowed, remaining, resetSeconds, retryAfterSeconds, refusal], [false, 0, 60, 1, "undecided"]);
    assert.deepEqual(heard, [{ policy: "guarded", holder: 77 }]);
    assert.equal(memory.releaseLocks(76), 0);
    assert.equal(memory.releaseLocks(77), 1);
    assert.equal(meter.take("caller", 1).remaining, 3);
  });

  it("gives its lock back after every call", async () => {
    const memory = new SegmentTable();
    const meter = (await openTiny(memory)).meter(policy(2, 60_000));
    for (let call = 0; call < 4; call += 1) meter.take("caller", 1);
    assert.equal(viewTable(memory.claimSync(TABLE_SEGMENT, tableBytes(8))).locks[0], 0);
  });

  it("refuses while the clock gives no number, and remembers what was used before", async () => {
    const clock = createFakeClock();
    let broken = false;
    const store = await openSharedStore({
      memory: new SegmentTable(),
      entries: 8,
      clock: { ...clock, monotonic: () => (broken ? Number.NaN : 5_000) },
    });
    const meter = store.meter(policy(2, 60_000));
    meter.take("caller", 1);
    broken = true;
    assert.equal(meter.take("caller", 1).allowed, false);
    assert.equal(meter.take("other", 1).allowed, false);
    broken = false;
    assert.equal(meter.take("caller", 1).remaining, 0);
    assert.equal(meter.take("other", 1).remaining, 1);
  });

  it("does not let a failing clock make the table forget who used their quota up", async () => {
    let now = 5_000;
    const store = await openSharedStore({
      memory: new SegmentTable(),
      entries: 8,
      clock: { ...createFakeClock(), monotonic: () => now },
    });
    const meter = store.meter(policy(1, 60_000));
    for (let key = 0; key < 8; key += 1) meter.take(`caller ${key}`, 1);
    now = Number.NaN;
    for (let key = 0; key < 8; key += 1) assert.equal(meter.take(`newcomer ${key}`, 1).allowed, false);
    now = 5_000;
    for (const who of ["newcomer", "stranger", "caller"])
      for (let key = 0; key < 8; key += 1) assert.equal(meter.take(`${who} ${key}`, 1).allowed, false, `${who} ${key}`);
  });

  it("takes no other key for one's own that shares half of its hash", async () => {
    for (const half of [0, 1]) {
      const memory = new SegmentTable();
      const meter = (await openTiny(memory)).meter(policy(1, 60_000));
      meter.take("caller", 1);
      const { hashes } = viewTable(memory.claimSync(TABLE_SEGMENT, tableBytes(8)));
      hashes[half] = (hashes[half] as number) ^ 1;
      assert.equal(meter.take("caller", 1).allowed, true);
    }
  });

  it("refuses sizes that are no power of two, and indexes that are none", async () => {
    const memory = new SegmentTable();
    for (const entries of [0, 4, 7, 12, 100, 2 ** 25, 8.5, Number.NaN])
      await assert.rejects(openSharedStore({ memory, entries }), { code: "E_RATELIMIT_TABLE_INVALID" }, String(entries));
    for (const threadIndex of [-1, 1.5, 2 ** 31, Number.NaN])
      await assert.rejects(openSharedStore({ memory, threadIndex }), { code: "E_RATELIMIT_THREAD_INVALID" }, String(threadIndex));
  });

  it("refuses threads that disagree about the size", async () => {
    const memory = new SegmentTable();
    await openSharedStore({ memory, entries: 8 });
    await assert.rejects(openSharedStore({ memory, entries: 16 }), { code: "E_CORE_SEGMENT_MISMATCH" });
  });
});
