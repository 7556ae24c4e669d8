import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Context, runInContext } from "#src/core/mod";
import { Pool, type Poolable } from "#src/db/pool";
import { createFakeClock } from "#src/testing/fake-clock";

class Item implements Poolable {
  broken = false;
  readonly number: number;
  readonly log: string[];
  constructor(number: number, log: string[]) {
    this.number = number;
    this.log = log;
  }
  async close(): Promise<void> {
    this.log.push(`close ${this.number}`);
  }
  destroy(): void {
    this.log.push(`destroy ${this.number}`);
  }
}

function openPool(options: { size?: number; connect?: () => Promise<void> } = {}) {
  const clock = createFakeClock();
  const log: string[] = [];
  let made = 0;
  const pool = new Pool<Item>({
    clock,
    size: options.size ?? 2,
    acquireTimeout: 1_000,
    idleTimeout: 60_000,
    maxLifetime: 600_000,
    connect: async () => {
      await options.connect?.();
      return new Item((made += 1), log);
    },
    changed: () => undefined,
    database: "database",
  });
  return { pool, clock, log };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a pool", () => {
  test("makes no more than its size, and hands out the one used last", async () => {
    const { pool } = openPool();
    assert.equal(pool.take(), undefined);
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    pool.release(first);
    pool.release(second);
    assert.equal(pool.take(), second);
    assert.deepEqual(pool.state, { open: 2, idle: 1, waiting: 0, size: 2 });
  });

  test("serves those who wait in the order of coming, and nobody past them", async () => {
    const { pool } = openPool({ size: 1 });
    const item = await pool.acquire();
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      const own = await pool.acquire();
      order.push(number);
      await settled();
      pool.release(own);
    });
    assert.equal(pool.state.waiting, 3);
    pool.release(item);
    assert.equal(pool.take(), undefined, "it belongs to the one who waits");
    await Promise.all(waiting);
    assert.deepEqual(order, [1, 2, 3]);
    assert.deepEqual(pool.state, { open: 1, idle: 1, waiting: 0, size: 1 });
  });

  test("answers within its time-out when all are in use", async () => {
    const { pool, clock } = openPool({ size: 1 });
    const item = await pool.acquire();
    const refused = assert.rejects(pool.acquire(), { code: "E_DB_POOL_EXHAUSTED", status: 503, headers: { "Retry-After": "1" } });
    clock.advance(999);
    assert.equal(pool.state.waiting, 1);
    clock.advance(1);
    await refused;
    assert.equal(clock.pending, 0);
    pool.release(item);
    assert.equal(pool.take(), item, "nothing went to the one who had left");
  });

  test("waits no longer than the deadline of its caller or context", async () => {
    const { pool, clock } = openPool({ size: 1 });
    await pool.acquire();
    const byCaller = assert.rejects(pool.acquire(clock.monotonic() + 100), { code: "E_DB_POOL_EXHAUSTED" });
    const controller = new AbortController();
    const context = { deadline: clock.monotonic() + 50, signal: controller.signal } as Context;
    const byContext = assert.rejects(
      runInContext(context, () => pool.acquire()),
      { code: "E_DB_POOL_EXHAUSTED" },
    );
    clock.advance(50);
    await byContext;
    assert.equal(pool.state.waiting, 1);
    clock.advance(50);
    await byCaller;
  });

  test("forgets a caller who leaves", async () => {
    const { pool } = openPool({ size: 1 });
    const item = await pool.acquire();
    const controller = new AbortController();
    const context = { deadline: Infinity, signal: controller.signal } as Context;
    const left = assert.rejects(
      runInContext(context, () => pool.acquire()),
      { code: "E_DB_CANCELLED" },
    );
    controller.abort();
    await left;
    pool.release(item);
    assert.deepEqual(pool.state, { open: 1, idle: 1, waiting: 0, size: 1 });
  });

  test("throws broken connections away, and makes others for those who wait", async () => {
    const { pool, log } = openPool({ size: 1 });
    const first = await pool.acquire();
    const second = pool.acquire();
    first.broken = true;
    pool.release(first);
    assert.equal((await second).number, 2);
    assert.deepEqual(log, ["destroy 1"]);
  });

  test("does not hand out one that broke while idle", async () => {
    const { pool } = openPool();
    const first = await pool.acquire();
    pool.release(first);
    first.broken = true;
    assert.equal(pool.take(), undefined);
    assert.equal((await pool.acquire()).number, 2);
    assert.equal(pool.state.open, 1);
  });

  test("ignores what is given back twice", async () => {
    const { pool } = openPool();
    const item = await pool.acquire();
    pool.release(item);
    pool.release(item);
    assert.equal(pool.state.idle, 1);
  });

  test("closes what is idle for long, and replaces what is old", async () => {
    const { pool, clock, log } = openPool();
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    pool.release(first);
    clock.advance(65_000);
    assert.deepEqual(log, ["close 1"]);
    clock.advance(600_000);
    pool.release(second);
    await settled();
    assert.deepEqual(log, ["close 1", "close 2"]);
    assert.equal(pool.state.open, 0);
  });

  test("tells each who waits when connecting fails, and tries again for the next", async () => {
    let fails = true;
    const { pool } = openPool({
      connect: async () => {
        if (fails) throw new Error("away");
      },
    });
    await Promise.all([1, 2, 3].map(() => assert.rejects(pool.acquire(), /away/)));
    assert.equal(pool.state.open, 0);
    fails = false;
    assert.equal((await pool.acquire()).number, 1);
  });

  test("stops when everything is back, or when it has waited enough", async () => {
    const { pool, log } = openPool();
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    const patience = new AbortController();
    const stopped = pool.stop(patience.signal);
    await assert.rejects(pool.acquire(), { code: "E_DB_STOPPED" });
    pool.release(first);
    await settled();
    assert.deepEqual(log, ["close 1"]);
    patience.abort();
    await stopped;
    assert.deepEqual(log, ["close 1", `destroy ${second.number}`]);
  });

  test("stops when a connection that was under way is made, and closes it", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { pool, log } = openPool({ connect: () => promise });
    const asking = assert.rejects(pool.acquire(), { code: "E_DB_STOPPED" });
    const stopped = pool.stop();
    resolve();
    await Promise.all([asking, stopped]);
    assert.deepEqual(log, ["close 1"]);
  });
});
