import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { SegmentTable } from "#src/core/mod";
import { openSharedStore } from "#src/ratelimit/shared-store";
import { TABLE_SEGMENT, lockRange, tableBytes } from "#src/ratelimit/table";
import { ratePolicy as policy } from "#src/testing/limit-model";
import type { Orders } from "./limit-worker.ts";

// A day: nothing is refilled while a test runs.
const DAY = 86_400_000;

const run = (orders: Orders): Worker =>
  new Worker(new URL("limit-worker.ts", import.meta.url), {
    workerData: orders,
    execArgv: process.execArgv.filter((argument) => argument.startsWith("--conditions")),
  });

function prepare(more: Partial<Orders>): { orders: Orders; memory: SegmentTable } {
  const memory = new SegmentTable();
  const entries = more.entries ?? 1_024;
  const segment = memory.claimSync(TABLE_SEGMENT, tableBytes(entries), lockRange(entries));
  const board = new Int32Array(new SharedArrayBuffer(4 * 64));
  return {
    memory,
    orders: { task: "hammer", segment, entries, policy: policy(1_000, DAY), keys: ["caller"], calls: 5_000, board, ...more },
  };
}

/** Waits without a sleep: each thread notifies when it has opened the store. */
async function whenReady(board: Int32Array, threads: number): Promise<void> {
  for (let ready = Atomics.load(board, 0); ready < threads; ready = Atomics.load(board, 0))
    await Atomics.waitAsync(board, 0, ready).value;
}

async function hammer(orders: Orders, threads: number): Promise<void> {
  const workers = Array.from({ length: threads }, () => run(orders));
  const exits = workers.map((worker) => once(worker, "exit"));
  await whenReady(orders.board, threads);
  Atomics.store(orders.board, 1, 1);
  Atomics.notify(orders.board, 1);
  await Promise.all(exits);
}

describe("limits over threads", () => {
  it("lets exactly the count through when four threads hammer one key", async () => {
    const { orders } = prepare({});
    await hammer(orders, 4);
    assert.equal(orders.board[2], 1_000);
  });

  it("lets exactly the count through for each of many keys that share a bucket", async () => {
    const keys = Array.from({ length: 8 }, (_, index) => `caller ${index}`);
    const { orders } = prepare({ keys, entries: 8, policy: policy(300, DAY) });
    await hammer(orders, 4);
    assert.deepEqual(
      [...orders.board.subarray(2, 10)],
      keys.map(() => 300),
    );
  });

  it("never lets more than the count through when four threads crowd a table of one bucket", async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `caller ${index}`);
    const { orders } = prepare({ keys, entries: 8, policy: policy(50, DAY), calls: 10_000 });
    await hammer(orders, 4);
    const passed = [...orders.board.subarray(2, 42)];
    assert.ok(passed.every((count) => count <= 50) && passed.some((count) => count > 0), passed.join(" "));
  });

  it("goes on counting exactly when a thread is terminated at work", async () => {
    const { orders, memory } = prepare({ task: "hammer-forever", policy: policy(1_000_000, DAY), entries: 8 });
    const victim = run(orders);
    const { threadId } = victim;
    await whenReady(orders.board, 1);
    Atomics.store(orders.board, 1, 1);
    Atomics.notify(orders.board, 1);
    while (Atomics.load(orders.board, 2) < 1_000) await new Promise(setImmediate);
    await victim.terminate();
    memory.releaseLocks(threadId);
    const passed = Atomics.load(orders.board, 2);
    const meter = (await openSharedStore({ memory, entries: 8 })).meter(orders.policy);
    const { allowed, remaining } = meter.take("caller", 1);
    assert.equal(allowed, true);
    // The victim may have been stopped after its call was counted and before it could say so: one unit either way, and refills of 1 per 86 ms.
    const expected = 1_000_000 - passed - 1;
    assert.ok(remaining >= expected - 1 && remaining <= expected + 100, `${remaining} left, ${expected} expected`);
  });

  it("refuses only what needs the lock of a thread that died inside, until it is released", async () => {
    const { orders, memory } = prepare({ task: "die-inside", entries: 8 });
    const victim = run(orders);
    const { threadId } = victim;
    await once(victim, "exit");
    const meter = (await openSharedStore({ memory, entries: 8 })).meter(orders.policy);
    assert.equal(meter.take("caller", 1).allowed, false);
    assert.equal(memory.releaseLocks(threadId), 1);
    assert.equal(meter.take("caller", 1).remaining, 999);
  });
});
