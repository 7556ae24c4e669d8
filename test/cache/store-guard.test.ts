import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cacheFaults } from "#src/cache/channels";
import { createCache } from "#src/cache/create-cache";
import type { Cache, CacheNamespace } from "#src/cache/contract";
import { createMemoryStore } from "#src/cache/memory-store";
import type { CacheStore, StoreListener } from "#src/cache/store-contract";
import { SegmentTable } from "#src/core/mod";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";
import { settle, until } from "./machines.ts";

/** A store that can be taken away. */
interface Flaky extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly cache: Cache;
  readonly users: CacheNamespace<string, undefined>;
  /** The same data as another machine sees them, always there. */
  readonly other: CacheNamespace<string, undefined>;
  down: boolean;
  /** Answers are not sent, though the work was done. */
  mute: boolean;
  /** Questions that were asked. */
  readonly asked: string[];
  readonly listener: () => StoreListener;
}

async function openFlaky(): Promise<Flaky> {
  const clock = createFakeClock();
  const machines = createMemoryStore({ clock });
  const inner = machines.connect();
  const state = { down: false, mute: false, asked: [] as string[] };
  let heard: StoreListener | undefined;
  const store = new Proxy(inner, {
    get(target, name: keyof CacheStore) {
      const method = target[name];
      if (typeof method !== "function") return method;
      return async (...words: unknown[]) => {
        if (name === "listen") heard = words[0] as StoreListener;
        state.asked.push(name);
        if (state.down && name !== "listen") throw new Error("the store is away");
        const answer: unknown = await (method as (...words: unknown[]) => Promise<unknown>).apply(target, words);
        if (state.mute) throw new Error("the store did not answer in time");
        return answer;
      };
    },
  });
  const cache = createCache({ memory: new SegmentTable(), clock, store });
  const peer = createCache({ memory: new SegmentTable(), clock, store: machines.connect() });
  const options = { version: 1, ttl: "60s", grace: "1h", negativeTtl: "1s", jitter: 0 } as const;
  const users = cache.namespace<string>("users", options);
  const other = peer.namespace<string>("users", options);
  await cache.start();
  await peer.start();
  return Object.assign(state, {
    clock,
    cache,
    users,
    other,
    listener: () => heard as StoreListener,
    async [Symbol.asyncDispose]() {
      await cache.stop();
      await peer.stop();
    },
  });
}

const never = (): never => assert.fail("the factory must not be called");

describe("a store that goes away", () => {
  it("costs neither fresh nor stale values of memory, nor new ones", async () => {
    await using flaky = await openFlaky();
    await flaky.users.set("ada", "Ada");
    flaky.down = true;
    assert.equal(await flaky.users.getOrSet("ada", never), "Ada");
    assert.equal(await flaky.users.getOrSet("bob", () => "Bob"), "Bob");
    assert.equal(await flaky.users.getOrSet("bob", never), "Bob");
    flaky.clock.advance(60_000);
    assert.equal(await flaky.users.getOrSet("ada", () => "new"), "Ada");
    await until(() => flaky.users.peek("ada") === "new");
    assert.equal(flaky.cache.stats().store, "down");
    assert.ok(flaky.cache.stats().storeErrors > 0);
  });

  it("is not asked again by every caller, but by itself with growing pauses", async () => {
    await using flaky = await openFlaky();
    flaky.down = true;
    await flaky.users.get("ada");
    const before = flaky.asked.length;
    for (let index = 0; index < 100; index += 1) await flaky.users.getOrSet(`user ${index}`, () => "x");
    assert.equal(flaky.asked.length, before);
    for (let step = 0; step < 200; step += 1) {
      flaky.clock.advance(50);
      await settle(2);
    }
    const attempts = flaky.asked.slice(before);
    assert.ok(attempts.every((name) => name === "attach") && attempts.length >= 5 && attempts.length <= 10, attempts.join());
    flaky.down = false;
    await until(() => flaky.cache.stats().store === "up", flaky.clock);
    await flaky.users.set("zoe", "Zoe");
    assert.equal(await flaky.other.get("zoe"), "Zoe");
  });

  it("is told every invalidation that it missed before anything is read from it", async () => {
    await using flaky = await openFlaky();
    await flaky.other.getOrSet("ada", () => "old");
    await flaky.other.getOrSet("bob", () => "old", { tags: ["team"] });
    await flaky.other.getOrSet("cid", () => "old");
    flaky.down = true;
    await flaky.users.delete("ada");
    await flaky.cache.invalidateTags(["team"]);
    await flaky.users.set("cid", "new");
    assert.equal(flaky.cache.stats().unsent, 3);
    assert.equal(await flaky.users.get("cid"), "new");
    flaky.down = false;
    await until(() => flaky.cache.stats().store === "up", flaky.clock);
    await settle();
    assert.equal(flaky.cache.stats().unsent, 0);
    for (const users of [flaky.users, flaky.other])
      for (const key of ["ada", "bob", "cid"]) assert.notEqual(await users.get(key), "old", key);
  });

  it("is waited for, not passed by, while it is asked whether it is still there after missed news", async () => {
    await using flaky = await openFlaky();
    await flaky.other.set("ada", "Ada");
    flaky.listener().gap();
    assert.equal(await flaky.users.getOrSet("ada", never), "Ada");
    flaky.down = true;
    flaky.listener().gap();
    assert.equal(await flaky.users.getOrSet("bob", () => "Bob"), "Bob");
    assert.equal(flaky.cache.stats().store, "down");
  });

  it("is told once more what it did without saying so", async () => {
    await using flaky = await openFlaky();
    flaky.mute = true;
    await flaky.users.delete("ada");
    assert.equal(flaky.cache.stats().unsent, 1);
    flaky.mute = false;
    await until(() => flaky.cache.stats().store === "up", flaky.clock);
    assert.equal(flaky.asked.filter((name) => name === "invalidate").length, 2);
  });

  it("is told to forget everything when too many invalidations were missed", async () => {
    await using flaky = await openFlaky();
    await flaky.other.getOrSet("ada", () => "old");
    flaky.down = true;
    await flaky.cache.invalidateTags(Array.from({ length: 10_001 }, (_, index) => `tag ${index}`));
    assert.equal(flaky.cache.stats().unsent, 1);
    flaky.down = false;
    await until(() => flaky.cache.stats().store === "up", flaky.clock);
    await settle();
    assert.equal(await flaky.other.get("ada"), undefined);
  });

  it("is not trusted by memory when news of it was missed", async () => {
    await using flaky = await openFlaky();
    await flaky.users.getOrSet("ada", () => "Ada");
    flaky.down = true;
    flaky.listener().gap();
    await settle();
    assert.equal(flaky.users.peek("ada"), "Ada", "there is nothing better while the store is away");
    flaky.down = false;
    await until(() => flaky.cache.stats().store === "up", flaky.clock);
    assert.equal(flaky.users.peek("ada"), undefined);
    assert.equal(await flaky.users.getOrSet("ada", never), "Ada", "the store has it");
  });

  it("does not keep a program from starting", async () => {
    const clock = createFakeClock();
    const machines = createMemoryStore({ clock });
    let down = true;
    const store = machines.connect();
    const attach = store.attach.bind(store);
    store.attach = async (origin) => {
      if (down) throw new Error("away");
      await attach(origin);
    };
    const cache = createCache({ memory: new SegmentTable(), clock, store });
    const users = cache.namespace<string>("users", { version: 1, ttl: "1m" });
    await cache.start();
    assert.equal(await users.getOrSet("ada", () => "Ada"), "Ada");
    down = false;
    await until(() => cache.stats().store === "up", clock);
    await cache.stop();
    assert.equal(clock.pending <= 1, true, "nothing goes on after the stop");
  });

  it("announces what was lost", async () => {
    await using flaky = await openFlaky();
    const kinds: string[] = [];
    const end = cacheFaults.subscribe(({ kind }) => kinds.push(kind));
    flaky.down = true;
    await flaky.users.delete("ada");
    end();
    assert.deepEqual(kinds, ["store", "lost"]);
  });
});

describe("a value of the store that cannot be read", () => {
  it("is a miss, counted, and made anew once", async () => {
    const clock = createFakeClock();
    const machines = createMemoryStore({ clock });
    const raw = machines.connect();
    const cache = createCache({ memory: new SegmentTable(), clock, store: machines.connect() });
    const users = cache.namespace<string>("users", { version: 1, ttl: "1m" });
    await cache.start();
    await raw.attach("vandal");
    for (const payload of [Buffer.from("no value"), new Uint8Array(0), Buffer.from([0xff, 0x0f, 0x5c])]) {
      const value = { payload, negative: false, tags: [], createdAt: 0 };
      await raw.replace({ namespace: "users", version: users.version, id: "ada" }, { value, freshFor: 60_000, staleFor: 60_000 });
      await settle();
      assert.equal(await users.get("ada"), undefined);
      assert.equal(await users.getOrSet("ada", () => "Ada"), "Ada");
      assert.equal(users.peek("ada"), "Ada");
      assert.equal((await users.explain("ada")).store?.state, "fresh");
    }
    assert.equal(cache.stats().namespaces["users"]?.corrupt, 6);
    await cache.stop();
  });
});
