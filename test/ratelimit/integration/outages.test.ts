import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import { SegmentTable, systemClock } from "#src/core/mod";
import type { LimitRule } from "#src/http/contract";
import { limitDegraded, storeChanged } from "#src/ratelimit/channels";
import { createLimits } from "#src/ratelimit/create-limits";
import type { Limits, LimitsOptions } from "#src/ratelimit/limits";
import { quota } from "#src/ratelimit/quota";
import { rate } from "#src/ratelimit/rate";
import type { DegradeMode } from "#src/ratelimit/contract";
import { type OwnServer, startOwnServer } from "#src/testing/services/own-server";
import { requireBinary } from "../../support/services.ts";
import { openRedis, whenState } from "../../redis/support.ts";

const { skip } = requireBinary("redis-server");

/** Limits that count in a Redis of their own, and what is theirs. */
async function openLimits(t: TestContext, server: OwnServer, more: Partial<LimitsOptions> = {}): Promise<Limits> {
  const redis = await openRedis({ url: server.url, commandTimeout: 1_000, connectTimeout: 1_000 });
  const limits = createLimits({ memory: new SegmentTable(), redis, timeout: 300, ...more });
  await limits.start?.(new AbortController().signal);
  t.after(async () => {
    await limits.stop?.(new AbortController().signal);
    await redis[Symbol.asyncDispose]();
  });
  return limits;
}

const hourly = (count: number, degrade: DegradeMode): LimitRule => rate(`${count}/1h`, { by: "address", degrade });

async function passes(limits: Limits, rule: LimitRule, calls: number, key = "caller"): Promise<number> {
  const meter = limits.meter(rule);
  let passed = 0;
  for (let call = 0; call < calls; call += 1) if ((await meter.take(key)).allowed) passed += 1;
  return passed;
}

/** On a machine that has much to do, the first call may have come too late, too. */
async function whenCounting(limits: Limits, rule: LimitRule): Promise<void> {
  do {
    while (limits.isDegraded) await new Promise(setImmediate);
    await limits.meter(rule).take("first");
  } while (limits.isDegraded);
}

function whenUp(): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = storeChanged.subscribe(({ state }) => {
      if (state !== "up") return;
      unsubscribe();
      resolve();
    });
  });
}

describe("limits while Redis hangs", { skip }, () => {
  it("wait for it once, then degrade at once until it answers again", async (t) => {
    await using server = await startOwnServer("redis");
    const limits = await openLimits(t, server);
    const rule = hourly(1_000, "local");
    await whenCounting(limits, rule);
    server.pause();
    const first = performance.now();
    await passes(limits, rule, 1);
    assert.ok(performance.now() - first >= 100, "the first call waits");
    assert.equal(limits.isDegraded, true);
    const start = performance.now();
    await passes(limits, rule, 100);
    assert.ok(performance.now() - start < 100, `100 calls took ${performance.now() - start} ms`);
    const up = whenUp();
    server.resume();
    await up;
    assert.equal(limits.isDegraded, false);
    assert.equal(await passes(limits, rule, 1), 1);
  });

  it("let nobody through more often in deny mode, however many ask at once", async (t) => {
    await using server = await startOwnServer("redis");
    const limits = await openLimits(t, server);
    const rule = hourly(20, "deny");
    await whenCounting(limits, rule);
    assert.equal(await passes(limits, rule, 5), 5);
    server.pause();
    const meter = limits.meter(rule);
    const waiting = await Promise.all(Array.from({ length: 50 }, () => meter.take("caller")));
    assert.ok(waiting.every(({ allowed, refusal }) => !allowed && refusal === "undecided"));
    assert.equal(await passes(limits, rule, 50), 0);
    const up = whenUp();
    server.resume();
    await up;
    // What was on its way when it hung was counted later, though it was refused: fewer may pass, never more.
    assert.ok(5 + (await passes(limits, rule, 50)) <= 20);
  });

  it("let everybody through in allow mode, uncounted", async (t) => {
    await using server = await startOwnServer("redis");
    const limits = await openLimits(t, server);
    const rule = hourly(2, "allow");
    server.pause();
    assert.equal(await passes(limits, rule, 10), 10);
  });

  it("count on locally from what Redis last said, with the same numbers", async (t) => {
    await using server = await startOwnServer("redis");
    const limits = await openLimits(t, server);
    const rules = [hourly(10, "local"), quota("10/month", { by: "principal" })];
    for (const rule of rules) await whenCounting(limits, rule);
    for (const rule of rules) assert.equal(await passes(limits, rule, 7), 7);
    server.pause();
    for (const rule of rules) assert.equal(await passes(limits, rule, 10), 3);
  });

  it("announce each call that was decided without it, and tell the log twice per outage", async (t) => {
    await using server = await startOwnServer("redis");
    const lines: string[] = [];
    const log = { warn: (_: object, text: string) => lines.push(text), info: (_: object, text: string) => lines.push(text) };
    const limits = await openLimits(t, server, {
      log: { ...log, debug: () => undefined } as unknown as NonNullable<LimitsOptions["log"]>,
    });
    const rule = hourly(10, "local");
    await whenCounting(limits, rule);
    lines.length = 0;
    const seen: string[] = [];
    t.after(limitDegraded.subscribe(({ policy, mode }) => seen.push(`${policy} ${mode}`)));
    server.pause();
    await passes(limits, rule, 5);
    assert.deepEqual(
      seen,
      Array.from({ length: 5 }, () => `${rule.name} local`),
    );
    const up = whenUp();
    server.resume();
    await up;
    assert.deepEqual(lines, ["the store of limits is away: each limit degrades as it says", "the store of limits is back"]);
  });
});

describe("limits when Redis comes back empty", { skip }, () => {
  /** Restarts the server, without its data, and waits until limits count there again. */
  async function loseData(server: OwnServer, limits: Limits): Promise<void> {
    await server.kill();
    const probe = hourly(100, "local");
    while (!limits.isDegraded) await limits.meter(probe).take("probe");
    const up = whenUp();
    await server.restart();
    await up;
  }

  it("let nothing more through than the policy where the same process asks: it remembers", async (t) => {
    await using server = await startOwnServer("redis");
    const limits = await openLimits(t, server);
    const rules = [hourly(10, "local"), hourly(10, "deny"), quota("10/day", { by: "principal" })];
    for (const rule of rules) assert.equal(await passes(limits, rule, 6), 6);
    await loseData(server, limits);
    for (const rule of rules) assert.equal(await passes(limits, rule, 10), 4);
    await loseData(server, limits);
    for (const rule of rules) assert.equal(await passes(limits, rule, 10), 0);
  });

  it("remember what failed, also where a call in between was given back", async (t) => {
    await using server = await startOwnServer("redis");
    const limits = await openLimits(t, server);
    const countWhen = "failed" as const;
    for (const rule of [
      rate("5/1h", { by: { header: "x-key" }, countWhen }),
      quota("5/month", { by: { header: "x-key" }, countWhen }),
    ]) {
      const check = await rule.engine.open([rule], { memory: new SegmentTable(), clock: systemClock, limits });
      const request = {
        headers: { "x-key": "caller" },
        address: "",
        route: "/a",
        id: "",
        method: "GET",
        url: "/a",
        scheme: "http",
        host: "",
      } as const;
      /** @returns how many of so many calls passed, all of which end with a status */
      const pass = async (calls: number, status: number): Promise<number> => {
        let passed = 0;
        for (let call = 0; call < calls; call += 1) {
          const ends: ((status: number) => void)[] = [];
          const [decision] = await check(request, undefined, { atEnd: (end) => void ends.push(end) });
          if (decision?.allowed === true) passed += 1;
          for (const end of ends) end(status);
          // What is given back arrives before what is asked next.
          await limits.show("caller");
        }
        return passed;
      };
      await whenCounting(limits, rule);
      assert.equal(await pass(4, 401), 4);
      assert.equal(await pass(3, 200), 3);
      await loseData(server, limits);
      assert.equal(await pass(5, 401), 1, rule.name);
    }
  });

  it("let through once more, at most, what other processes had let through since this one asked last", async (t) => {
    await using server = await startOwnServer("redis");
    // Two processes: each has memory of its own.
    const [one, two] = [await openLimits(t, server), await openLimits(t, server)];
    const rule = hourly(10, "local");
    assert.equal(await passes(one, rule, 3), 3);
    assert.equal(await passes(two, rule, 4), 4);
    await loseData(server, one);
    while (two.isDegraded) await new Promise(setImmediate);
    // The first knows of 3, the others' 4 are lost. 3 + 4 + 7 = 14: within one burst more than 10.
    const again = (await passes(one, rule, 20)) + (await passes(two, rule, 20));
    assert.equal(again, 7);
  });

  it("is not taken for a loss when a key was only reset or given back", async (t) => {
    await using server = await startOwnServer("redis");
    const [one, two] = [await openLimits(t, server), await openLimits(t, server)];
    const rule = hourly(5, "local");
    assert.equal(await passes(one, rule, 5), 5);
    two.meter(rule);
    await two.reset("caller");
    assert.equal(await passes(one, rule, 9), 5);
  });
});

describe("limits whose Redis is away when they start", { skip }, () => {
  it("start, degrade, and count in it once it is there", async (t) => {
    await using server = await startOwnServer("redis");
    await server.kill();
    const redis = await openRedis({ url: server.url, connectTimeout: 1_000 });
    const limits = createLimits({ memory: new SegmentTable(), redis });
    await limits.start?.(new AbortController().signal);
    t.after(async () => {
      await limits.stop?.(new AbortController().signal);
      await redis[Symbol.asyncDispose]();
    });
    const rule = hourly(3, "local");
    assert.equal(await passes(limits, rule, 5), 3);
    const up = whenUp();
    await server.restart();
    await whenState(redis, "ready");
    await up;
    // What was counted locally is what is known.
    assert.equal(await passes(limits, rule, 5), 0);
  });
});
