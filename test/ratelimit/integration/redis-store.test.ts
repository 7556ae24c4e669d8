import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { SegmentTable } from "#src/core/mod";
import type { LimitDraw, QuotaPolicy } from "#src/ratelimit/contract";
import { type RedisStore, createRedisStore } from "#src/ratelimit/redis-store";
import { openSharedStore } from "#src/ratelimit/shared-store";
import { commandFinished } from "#src/redis/channels";
import { type Redis, createRedis } from "#src/redis/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { ExactRate, ratePolicy } from "#src/testing/limit-model";
import { limitStoreSuite } from "#src/testing/limit-store-suite";
import { findService } from "#src/testing/services/find-service";
import { createTestRedis } from "#src/testing/services/test-redis";
import { startOwnServer } from "#src/testing/services/own-server";
import { requireBinary } from "../../support/services.ts";
import { openRedis, whenState } from "../../redis/support.ts";
import { steps } from "../steps.ts";

const { skip: skipOwn } = requireBinary("redis-server");
const service = await findService("redis");
const skip = service.missing ?? false;

if (skip === false) {
  limitStoreSuite.run("Redis", async () => {
    const share = await createTestRedis();
    const redis = await openRedis({ url: share.url, prefix: share.prefix });
    const clock = createFakeClock();
    const dispose = async (): Promise<void> => {
      await redis[Symbol.asyncDispose]();
      await share[Symbol.asyncDispose]();
    };
    return { clock, store: createRedisStore({ redis, time: () => clock.now() }), [Symbol.asyncDispose]: dispose };
  });
} else {
  it("limit store: Redis", { skip }, () => undefined);
}

const MINUTE = 60_000;
const draw = (policy: LimitDraw["policy"], key = "caller", cost = 1): LimitDraw => ({ policy, key, cost });

describe("limits in Redis", { skip }, () => {
  let share: Awaited<ReturnType<typeof createTestRedis>>;
  let redis: Redis & AsyncDisposable;
  let runs = 0;
  /** A store with keys of its own. */
  const open = (time?: () => number): RedisStore =>
    createRedisStore({ redis, prefix: `run-${(runs += 1)}:`, ...(time === undefined ? {} : { time }) });

  before(async () => {
    share = await createTestRedis();
    redis = await openRedis({ url: share.url, prefix: share.prefix });
  });
  after(async () => {
    await redis[Symbol.asyncDispose]();
    await share[Symbol.asyncDispose]();
  });

  it("decides as the store in shared memory does, for any sequence of calls", async () => {
    const limits = [ratePolicy(5, 1_000), ratePolicy(20, MINUTE), ratePolicy(3, 1_000, { burst: 4 })];
    await fc.assert(
      fc.asyncProperty(steps(3, limits.length), async (calls) => {
        const clock = createFakeClock();
        const store = open(() => clock.now());
        const memory = await openSharedStore({ memory: new SegmentTable(), clock });
        for (const call of calls.slice(0, 60)) {
          clock.advance(call.pause);
          const draws = [
            draw(limits[call.policy] as LimitDraw["policy"], `key ${call.key}`, call.cost),
            draw(limits[0] as LimitDraw["policy"], "all"),
          ];
          const [there, here] = [await store.takeAll(draws), memory.takeAll(draws)];
          for (const [index, { allowed, remaining, resetSeconds, retryAfterSeconds }] of there.entries()) {
            const other = here[index] as (typeof here)[number];
            assert.deepEqual(
              [allowed, remaining, resetSeconds, retryAfterSeconds],
              [other.allowed, other.remaining, other.resetSeconds, other.retryAfterSeconds],
            );
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it("counts three policies of a call in one round trip", async () => {
    const store = open();
    const draws = [draw(ratePolicy(10, MINUTE)), draw(ratePolicy(100, MINUTE)), draw(quota(1_000))];
    await store.takeAll(draws);
    const commands: string[] = [];
    const unsubscribe = commandFinished.subscribe(({ name }) => commands.push(name));
    await store.takeAll(draws);
    unsubscribe();
    assert.deepEqual(commands, ["script limits-count"]);
  });

  it("counts by the server's clock, whatever this machine's says", async (t) => {
    const store = open();
    const meter = store.meter(ratePolicy(2, MINUTE));
    assert.equal((await meter.take("caller", 2)).allowed, true);
    // One mock: a second one would be taken off first, and leave the first in place.
    let now = 4_000_000_000_000;
    t.mock.method(Date, "now", () => now);
    assert.equal((await meter.take("caller", 1)).allowed, false);
    const day = open().meter(quota(2));
    assert.equal((await day.take("caller", 2)).allowed, true);
    now = 1_000_000_000_000;
    const refused = await day.take("caller", 1);
    assert.equal(refused.allowed, false);
    assert.ok(refused.retryAfterSeconds <= 86_400);
  });

  it("keeps no key longer than it means something, and no credential", async () => {
    const store = open();
    await store.takeAll([draw(ratePolicy(10, MINUTE), "sk_live_secret"), draw(quota(5, "hour"), "sk_live_secret")]);
    const keys = await redis.command<string[]>(["KEYS", `${share.prefix}run-${runs}:*`]);
    assert.equal(keys.length, 2);
    for (const key of keys) {
      assert.ok(!key.includes("secret"), key);
      const left = await redis.command<number>(["PTTL", key]);
      assert.ok(left > 0 && left <= 3_600_000 + MINUTE, `${key} ${left}`);
    }
  });

  it("lets no more through when the server's clock steps back, and refuses no longer than one burst takes", async () => {
    let now = Date.UTC(2026, 5, 1, 12);
    const meter = open(() => now).meter(ratePolicy(5, 1_000));
    for (let call = 0; call < 5; call += 1) await meter.take("caller", 1);
    now -= 3_600_000;
    const refused = await meter.take("caller", 1);
    assert.deepEqual([refused.allowed, refused.retryAfterSeconds], [false, 1]);
    // What was stored lies an hour ahead still: it is taken for a burst just used up, each time, until it has been overwritten.
    now += 3_600_000 + 200;
    assert.equal((await meter.take("caller", 1)).allowed, true);
  });

  it("goes on in the later window when the server's clock steps back over its beginning", async () => {
    let now = Date.UTC(2026, 5, 2, 0, 0, 1);
    const meter = open(() => now).meter(quota(3));
    await meter.take("caller", 2);
    now -= 2_000;
    assert.equal((await meter.take("caller", 1)).allowed, true);
    assert.equal((await meter.take("caller", 1)).allowed, false);
    now += 2_000;
    assert.equal((await meter.take("caller", 1)).allowed, false);
  });

  it("tells two callers apart at 100,000 a second", async () => {
    let now = Date.UTC(2026, 5, 1);
    const meter = open(() => now).meter(ratePolicy(100_000, 1_000, { burst: 50 }));
    let passed = 0;
    for (let millisecond = 0; millisecond < 10; millisecond += 1) {
      for (let call = 0; call < 3; call += 1) if ((await meter.take("caller", 40)).allowed) passed += 40;
      now += 1;
    }
    // 50 at once, then at most 100 per millisecond of which the burst lets 50 stand.
    assert.ok(passed >= 10 * 40 && passed <= 50 + 9 * 100, String(passed));
  });
});

function quota(count: number, unit: QuotaPolicy["unit"] = "day"): QuotaPolicy {
  return { kind: "quota", name: `quota-${count}`, count, unit, timezone: "UTC" };
}

describe("limits in a Redis of their own", { skip: skipOwn }, () => {
  it("cost one command per call, whose script has travelled once", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url });
    const store = createRedisStore({ redis });
    const draws = [1, 2, 3].map((count) => draw(ratePolicy(1_000 * count, MINUTE)));
    for (let call = 0; call < 100; call += 1) await store.takeAll(draws);
    const stats = await redis.command<string>(["INFO", "commandstats"]);
    const calls = (name: string): number => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    assert.equal(calls("evalsha"), 100);
    assert.equal(calls("eval"), 1);
  });

  it("let through at most one burst more per key when the server loses its data and nobody remembers", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url });
    const limit = ratePolicy(10, 3_600_000);
    const model = new ExactRate(limit);
    let passed = 0;
    const store = createRedisStore({ redis });
    for (let round = 0; round < 2; round += 1) {
      for (let call = 0; call < 30; call += 1) if ((await store.meter(limit).take("caller", 1)).allowed) passed += 1;
      if (round === 0) {
        const down = whenState(redis, "down");
        await server.kill();
        await server.restart();
        await down;
        await whenState(redis, "ready");
      }
    }
    assert.equal(model.allows(0, 10), true);
    assert.equal(passed, 20);
  });
});

describe("a client of Redis that was never started", () => {
  it("fails instead of counting", async () => {
    const store = createRedisStore({ redis: createRedis({ url: "redis://127.0.0.1:1" }) });
    await assert.rejects(async () => store.takeAll([draw(ratePolicy(1, MINUTE))]), { code: "E_REDIS_UNAVAILABLE" });
  });
});
