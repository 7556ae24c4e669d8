import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createCache } from "#src/cache/create-cache";
import type { Cache, CacheNamespace } from "#src/cache/contract";
import { SegmentTable } from "#src/core/mod";
import { type Redis, createRedis } from "#src/redis/mod";
import { type OwnServer, startOwnServer } from "#src/testing/services/own-server";
import { requireBinary } from "../../support/services.ts";

const { skip } = requireBinary("redis-server");

interface Machine extends AsyncDisposable {
  readonly cache: Cache;
  readonly redis: Redis;
  readonly users: CacheNamespace<string, undefined>;
}

/** So long a hanging server may hold a question up. */
const STORE_TIMEOUT = 150;
/** What a loaded machine may add. */
const SLACK = 1_500;

async function openMachine(server: OwnServer): Promise<Machine> {
  const redis = createRedis({ url: server.url, prefix: "chaos:", commandTimeout: 300, connectTimeout: 1_000, heartbeat: 300 });
  const cache = createCache({ memory: new SegmentTable(), redis, storeTimeout: `${STORE_TIMEOUT}ms` });
  const users = cache.namespace<string>("users", { version: 1, ttl: "1h", grace: "1h", negativeTtl: "1s" });
  await redis.start?.(new AbortController().signal);
  await cache.start();
  return {
    cache,
    redis,
    users,
    async [Symbol.asyncDispose]() {
      await cache.stop();
      await redis.stop?.(new AbortController().signal);
    },
  };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not so after 20 s: ${condition.toString()}`);
    await pause(10);
  }
}

const isUp = ({ cache }: Machine): Promise<void> => until(() => cache.stats().store === "up");
const isDown = ({ cache }: Machine): Promise<void> => until(() => cache.stats().store === "down");

const never = (): never => assert.fail("the factory must not be called");

describe("the cache while Redis", { skip }, () => {
  it("is killed: memory serves, new values are made once, and all comes back by itself", async () => {
    await using server = await startOwnServer("redis");
    await using one = await openMachine(server);
    await using other = await openMachine(server);
    await one.users.set("ada", "Ada");
    await server.kill();
    await isDown(one).catch(() => undefined);
    assert.equal(await one.users.getOrSet("ada", never), "Ada");
    let calls = 0;
    const made = await Promise.all(Array.from({ length: 100 }, () => one.users.getOrSet("bob", () => `Bob ${++calls}`)));
    assert.deepEqual([new Set(made), calls], [new Set(["Bob 1"]), 1]);
    await one.users.delete("ada");
    assert.equal(one.cache.stats().unsent, 1);
    await server.restart();
    await isUp(one);
    await isUp(other);
    assert.equal(one.cache.stats().unsent, 0);
    await one.users.set("cid", "Cid");
    assert.equal(await other.users.get("cid"), "Cid");
  });

  it("hangs: nobody waits longer than the store's time-out, and few wait at all", async () => {
    await using server = await startOwnServer("redis");
    await using one = await openMachine(server);
    await using other = await openMachine(server);
    await other.users.set("ada", "old");
    await one.users.getOrSet("bob", () => "Bob");
    server.pause();
    const start = performance.now();
    const first = await Promise.all(Array.from({ length: 50 }, (_, index) => one.users.getOrSet(`key ${index}`, () => "x")));
    const took = performance.now() - start;
    assert.ok(first.every((value) => value === "x") && took < STORE_TIMEOUT + SLACK, `${took} ms`);
    const again = performance.now();
    for (let index = 0; index < 50; index += 1) await one.users.getOrSet(`more ${index}`, () => "x");
    const later = performance.now() - again;
    assert.ok(later < SLACK, `${later} ms for 50 values, one after the other`);
    assert.equal(await one.users.getOrSet("bob", never), "Bob");
    // It may be done when the server thaws, or not: it is said again.
    await one.users.delete("ada");
    server.resume();
    await isUp(one);
    await isUp(other);
    await until(async () => (await other.users.get("ada")) === undefined);
    await until(async () => (await one.users.get("ada")) === undefined);
  });

  it("comes back empty: nothing stale, one factory call per key", async () => {
    await using server = await startOwnServer("redis");
    await using one = await openMachine(server);
    await using other = await openMachine(server);
    await one.users.set("ada", "old");
    assert.equal(await other.users.get("ada"), "old");
    await server.kill();
    await one.users.set("ada", "new");
    await server.restart();
    await isUp(one);
    await isUp(other);
    await until(async () => (await other.users.get("ada")) !== "old");
    let calls = 0;
    const make = (): string => `new ${++calls}`;
    const values = await Promise.all([one, other, one, other].map(({ users }) => users.getOrSet("bob", make)));
    assert.deepEqual([new Set(values).size, calls], [1, 1]);
  });

  it("comes back with an old snapshot: what was invalidated since is not read", async () => {
    await using server = await startOwnServer("redis", { settings: { save: "3600 100000" } });
    await using one = await openMachine(server);
    await one.users.set("ada", "old");
    await one.users.set("bob", "old", { tags: ["team"] });
    await one.redis.command(["SAVE"]);
    await one.users.delete("ada");
    await one.cache.invalidateTags(["team"]);
    await server.kill();
    await server.restart();
    assert.equal(one.cache.stats().unsent, 0);
    await using other = await openMachine(server);
    await isUp(other);
    assert.ok((await other.redis.command<number>(["DBSIZE"])) > 0, "the snapshot was loaded");
    assert.deepEqual([await other.users.get("ada"), await other.users.get("bob")], [undefined, undefined]);
  });

  it("is full: the cache goes on in memory, and invalidations are not forgotten", async () => {
    await using server = await startOwnServer("redis", { settings: { "maxmemory-policy": "noeviction" } });
    await using one = await openMachine(server);
    await using other = await openMachine(server);
    await one.users.set("ada", "old");
    await one.redis.command(["CONFIG", "SET", "maxmemory", "1"]);
    await one.users.delete("ada");
    assert.equal(one.cache.stats().unsent, 1);
    assert.equal(await one.users.getOrSet("bob", () => "Bob"), "Bob");
    assert.equal(await one.users.getOrSet("bob", never), "Bob");
    await one.redis.command(["CONFIG", "SET", "maxmemory", "0"]);
    await isUp(one);
    await until(() => one.cache.stats().unsent === 0);
    await isUp(other);
    assert.equal(await other.users.get("ada"), undefined);
  });

  it("loses a subscription only: memory is not trusted any more", async () => {
    await using server = await startOwnServer("redis");
    await using one = await openMachine(server);
    await using other = await openMachine(server);
    await one.users.getOrSet("ada", () => "Ada");
    await other.users.getOrSet("ada", never);
    await one.redis.command(["CLIENT", "KILL", "TYPE", "pubsub"]);
    await until(() => one.users.peek("ada") === undefined && other.users.peek("ada") === undefined);
    await isUp(one);
    assert.equal(await one.users.getOrSet("ada", never), "Ada");
  });
});
