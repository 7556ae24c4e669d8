import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RedisStore } from "#src/cache/redis-store";
import type { CacheStore } from "#src/cache/store-contract";
import { createRedis } from "#src/redis/mod";
import type { Redis } from "#src/redis/contract";
import { cacheStoreSuite } from "#src/testing/cache-store-suite";
import { createTestRedis } from "#src/testing/services/test-redis";
import { findService } from "#src/testing/services/find-service";

interface Machines extends AsyncDisposable {
  readonly redis: Redis;
  readonly one: CacheStore;
  readonly other: CacheStore;
}

async function openMachines(more: { marks?: number } = {}): Promise<Machines> {
  const share = await createTestRedis();
  const clients = [share, share].map(({ url, prefix }) => createRedis({ url, prefix }));
  for (const client of clients) await client.start?.(new AbortController().signal);
  const [one, other] = clients.map((redis) => new RedisStore({ redis, name: "main", timeout: 2_000, ...more }));
  return {
    redis: clients[0] as Redis,
    one: one as CacheStore,
    other: other as CacheStore,
    async [Symbol.asyncDispose]() {
      await share[Symbol.asyncDispose]();
      for (const client of clients) await client.stop?.(new AbortController().signal);
    },
  };
}

const { missing } = await findService("redis");
const key = { namespace: "users", version: "v1", id: "a" };
const write = (text: string, tags: readonly string[] = []) => ({
  value: { payload: Buffer.from(text), negative: false, tags, createdAt: 0 },
  freshFor: 60_000,
  staleFor: 60_000,
});

describe("Redis as a cache store", { skip: missing ?? false }, () => {
  cacheStoreSuite.run("Redis", async () => ({
    ...(await openMachines()),
    pass: (milliseconds: number) => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds + 5)),
  }));

  test("gives every key a time to live", async () => {
    await using machines = await openMachines();
    const { redis, one } = machines;
    await one.attach("one");
    await one.read(key, { token: "me", milliseconds: 5_000 });
    await one.replace({ ...key, id: "b" }, write("b", ["t"]));
    await one.invalidate([
      { kind: "tag", tag: "t" },
      { kind: "key", namespace: "users", id: "c" },
    ]);
    const [, keys] = await redis.command<[string, string[]]>(["SCAN", "0", "MATCH", `${redis.prefix}*`, "COUNT", "100000"]);
    assert.equal(keys.length, 5, keys.join(" "));
    for (const name of keys) assert.ok((await redis.command<number>(["PTTL", name])) > 0, name);
  });

  test("remembers a bounded number of invalidations, and forgets values rather than them", async () => {
    await using machines = await openMachines({ marks: 10 });
    const { redis, one } = machines;
    await one.attach("one");
    await one.replace(key, write("old", ["t0"]));
    const { stamp = "" } = await one.read({ ...key, id: "slow" });
    for (let index = 0; index < 30; index += 1) await one.invalidate([{ kind: "tag", tag: `t${index}` }]);
    await one.replace({ ...key, id: "new" }, write("new", ["t29"]));
    assert.ok((await redis.command<number>(["ZCARD", `${redis.prefix}cache:main:state`])) <= 16);
    assert.equal((await one.read(key)).value, undefined, "its tag was invalidated, though the mark is gone");
    assert.notEqual((await one.read({ ...key, id: "new" })).value, undefined);
    assert.equal(await one.write({ ...key, id: "slow" }, write("slow", ["t3"]), { stamp }), false);
  });

  test("takes values for lost when what it knew of invalidations was lost", async () => {
    await using machines = await openMachines();
    const { redis, one } = machines;
    await one.attach("one");
    await one.replace(key, write("a"));
    const { stamp = "" } = await one.read({ ...key, id: "b" });
    await redis.command(["DEL", `${redis.prefix}cache:main:state`]);
    assert.equal((await one.read(key)).value, undefined);
    assert.equal(await one.write({ ...key, id: "b" }, write("b"), { stamp }), false);
    const again = await one.read({ ...key, id: "b" });
    assert.equal(await one.write({ ...key, id: "b" }, write("b"), { stamp: again.stamp ?? "" }), true);
  });

  test("takes values for lost when another server answers", async () => {
    await using machines = await openMachines();
    const { redis, one, other } = machines;
    await one.attach("one");
    await one.replace(key, write("a"));
    await other.attach("other");
    assert.notEqual((await one.read(key)).value, undefined, "the same server is no reason");
    // What a restart from an old snapshot looks like: all is there, under the id of the server that wrote it.
    const state = `${redis.prefix}cache:main:state`;
    const members = await redis.command<string[]>(["ZRANGE", state, "0", "-1"]);
    await redis.command(["ZREM", state, members.find((member) => member.startsWith("#run:")) ?? ""]);
    await redis.command(["ZADD", state, "-1", "#run:0123"]);
    await other.attach("other");
    assert.equal((await one.read(key)).value, undefined);
  });

  test("reads in one round trip", async () => {
    await using machines = await openMachines();
    const { redis, one } = machines;
    await one.attach("one");
    await one.replace(key, write("a", ["t"]));
    const { commandFinished } = await import("#src/redis/mod");
    const names: string[] = [];
    const end = commandFinished.subscribe(({ name }) => names.push(name));
    await one.read(key);
    const { stamp = "" } = await one.read({ ...key, id: "b" }, { token: "me", milliseconds: 1_000 });
    await one.write({ ...key, id: "b" }, write("b"), { stamp, token: "me" });
    end();
    assert.deepEqual(names, ["script cache-read", "script cache-read", "script cache-write"]);
    assert.equal(redis.state, "ready");
  });
});
