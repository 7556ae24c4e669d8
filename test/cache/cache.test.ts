import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { cacheFills, cacheReads } from "#src/cache/channels";
import { createCache } from "#src/cache/create-cache";
import type { CacheKey } from "#src/cache/contract";
import { SegmentTable } from "#src/core/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { createManualFactory, openMachines, settle, until } from "./machines.ts";

const never = (): never => assert.fail("the factory must not be called");

describe("a cache without a store", () => {
  it("makes a value once and gives it until it expires", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    assert.equal(await users.getOrSet("ada", () => "Ada"), "Ada");
    assert.equal(await users.getOrSet("ada", never), "Ada");
    assert.equal(users.peek("ada"), "Ada");
    machines.clock.advance(59_999);
    assert.equal(await users.get("ada"), "Ada");
    machines.clock.advance(1);
    assert.equal(users.peek("ada"), undefined);
    assert.equal(await users.get("ada"), undefined);
    assert.equal(await users.getOrSet("ada", () => "Ada II"), "Ada II");
  });

  it("calls one factory for all who ask at once", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    const { factory, calls } = createManualFactory<string>();
    const asked = Array.from({ length: 1_000 }, () => users.getOrSet("ada", factory));
    await until(() => calls.length > 0);
    calls[0]?.resolve("Ada");
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(["Ada"]));
    assert.equal(calls.length, 1);
  });

  it("tells all who wait that the factory failed, and keeps nothing", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    const failure = new Error("no database");
    const asked = Array.from({ length: 3 }, () => users.getOrSet("ada", () => Promise.reject(failure)));
    for (const outcome of await Promise.allSettled(asked)) assert.deepEqual(outcome, { status: "rejected", reason: failure });
    assert.equal(await users.getOrSet("ada", () => "Ada"), "Ada");
  });

  it("sets, deletes and clears", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    await users.set("ada", "Ada");
    await users.set("bob", "Bob");
    assert.equal(await users.get("ada"), "Ada");
    await users.delete("ada");
    assert.deepEqual([await users.get("ada"), await users.get("bob")], [undefined, "Bob"]);
    await users.clear();
    assert.equal(await users.get("bob"), undefined);
  });

  it("forgets by tags of the namespace, the call and the factory", async () => {
    await using machines = await openMachines({ namespace: { tags: ["people"] } });
    const { caches, users: all } = machines;
    const [users] = all;
    const make = async (): Promise<void> => {
      await users.getOrSet("ada", ({ setTags }) => (setTags(["user:1"]), "Ada"), { tags: ["team:7"] });
    };
    for (const tag of ["people", "team:7", "user:1"]) {
      await make();
      assert.equal(users.peek("ada"), "Ada");
      await caches[0]?.invalidateTags(["somebody", tag]);
      assert.equal(users.peek("ada"), undefined, tag);
    }
    await make();
    await caches[0]?.invalidateTags(["user:2", "people2"]);
    assert.equal(users.peek("ada"), "Ada");
  });

  it("keeps that there is none for as long as it is told to", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    assert.equal(await users.getOrSet("nobody", () => null), undefined);
    assert.equal(await users.getOrSet("nobody", never), undefined);
    machines.clock.advance(10_000);
    assert.equal(await users.getOrSet("nobody", () => "somebody"), "somebody");
  });

  it("does not keep that there is none when told not to", async () => {
    await using machines = await openMachines({ namespace: { negativeTtl: "0ms" } });
    const [users] = machines.users;
    assert.equal(await users.getOrSet("nobody", () => undefined), undefined);
    assert.equal(await users.getOrSet("nobody", () => "somebody"), "somebody");
  });

  it("keeps what the factory says for as long as it says, or not at all", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    await users.getOrSet("ada", ({ setTtl }) => (setTtl("1s"), "Ada"));
    await users.getOrSet("bob", ({ skip }) => (skip(), "Bob"));
    assert.equal(users.peek("bob"), undefined);
    assert.equal(users.peek("ada"), "Ada");
    machines.clock.advance(1_000);
    assert.equal(users.peek("ada"), undefined);
  });

  it("shortens lives by up to the jitter, and never lengthens them", async () => {
    await using machines = await openMachines({ namespace: { jitter: 0.5 } });
    const [users] = machines.users;
    const left: number[] = [];
    for (let index = 0; index < 100; index += 1) {
      await users.set(`user ${index}`, "x");
      left.push((await users.explain(`user ${index}`))?.memory?.freshFor ?? 0);
    }
    assert.ok(
      left.every((freshFor) => freshFor >= 29_900 && freshFor <= 60_001),
      left.join(" "),
    );
    assert.ok(Math.max(...left) - Math.min(...left) > 5_000);
  });
});

describe("grace", () => {
  const namespace = { grace: "1h" } as const;

  it("serves the stale value while one refresh runs", async () => {
    await using machines = await openMachines({ namespace });
    const [users] = machines.users;
    await users.set("ada", "old");
    machines.clock.advance(60_000);
    const { factory, calls } = createManualFactory<string>();
    const asked = await Promise.all(Array.from({ length: 100 }, () => users.getOrSet("ada", factory)));
    assert.deepEqual(new Set(asked), new Set(["old"]));
    await until(() => calls.length > 0);
    assert.equal(calls.length, 1);
    calls[0]?.resolve("new");
    await until(() => users.peek("ada") === "new");
    assert.equal(await users.getOrSet("ada", never), "new");
  });

  it("does not serve a value beyond its grace", async () => {
    await using machines = await openMachines({ namespace });
    const [users] = machines.users;
    await users.set("ada", "old");
    machines.clock.advance(60_000 + 3_600_000);
    assert.equal(await users.getOrSet("ada", () => "new"), "new");
  });

  it("waits for a fresh value up to the soft time-out", async () => {
    await using machines = await openMachines({ namespace: { grace: "1h", softTimeout: "200ms" } });
    const [users] = machines.users;
    await users.set("ada", "old");
    machines.clock.advance(60_000);
    const first = createManualFactory<string>();
    const quick = users.getOrSet("ada", first.factory);
    await until(() => first.calls.length > 0);
    first.calls[0]?.resolve("new");
    assert.equal(await quick, "new");
    machines.clock.advance(60_000);
    const second = createManualFactory<string>();
    const slow = users.getOrSet("ada", second.factory);
    await until(() => second.calls.length > 0);
    machines.clock.advance(200);
    assert.equal(await slow, "new");
    second.calls[0]?.resolve("newest");
    await until(() => users.peek("ada") === "newest");
  });

  it("serves the stale value when the factory fails, and leaves it alone for growing pauses", async () => {
    await using machines = await openMachines({ namespace: { grace: "1h", softTimeout: "5s" } });
    const [users] = machines.users;
    await users.set("ada", "old");
    machines.clock.advance(60_000);
    let calls = 0;
    const fail = (): never => {
      calls += 1;
      throw new Error("no database");
    };
    assert.equal(await users.getOrSet("ada", fail), "old");
    assert.equal(await users.getOrSet("ada", fail), "old");
    assert.equal(calls, 1);
    machines.clock.advance(1_001);
    assert.equal(await users.getOrSet("ada", fail), "old");
    machines.clock.advance(1_001);
    assert.equal(await users.getOrSet("ada", fail), "old");
    assert.equal(calls, 2);
    machines.clock.advance(2_000);
    assert.equal(await users.getOrSet("ada", () => "new"), "new");
    assert.equal(machines.caches[0].stats().namespaces["users"]?.factoryErrors, 2);
  });

  it("does not serve what was invalidated, however stale is allowed", async () => {
    await using machines = await openMachines({ namespace });
    const [users] = machines.users;
    await users.set("ada", "old");
    machines.clock.advance(60_000);
    await users.delete("ada");
    await assert.rejects(
      users.getOrSet("ada", () => Promise.reject(new Error("no database"))),
      /no database/,
    );
  });

  it("does not hide with a stale value that a factory gives what cannot be kept", async () => {
    await using machines = await openMachines({ namespace: { grace: "1h", softTimeout: "5s" } });
    const [users] = machines.users;
    await users.set("ada", "old");
    machines.clock.advance(60_000);
    await assert.rejects(Promise.resolve(users.getOrSet("ada", () => (() => "x") as never)), {
      code: "E_CACHE_VALUE_UNSTORABLE",
    });
  });
});

describe("the hard time-out", () => {
  it("rejects, aborts the factory, and lets the next caller try", async () => {
    await using machines = await openMachines({ namespace: { hardTimeout: "2s" } });
    const [users] = machines.users;
    let signal: AbortSignal | undefined;
    const asked = users.getOrSet("ada", (context) => {
      signal = context.signal;
      return new Promise(() => undefined);
    });
    await until(() => signal !== undefined);
    machines.clock.advance(2_000);
    await assert.rejects(Promise.resolve(asked), { code: "E_CACHE_FACTORY_TIMEOUT", status: 503 });
    assert.equal(signal?.aborted, true);
    assert.equal(await users.getOrSet("ada", () => "Ada"), "Ada");
  });

  it("discards what a factory gives too late", async () => {
    await using machines = await openMachines({ namespace: { hardTimeout: "2s" } });
    const [users] = machines.users;
    const { factory, calls } = createManualFactory<string>();
    const asked = users.getOrSet("ada", factory);
    await until(() => calls.length > 0);
    machines.clock.advance(2_000);
    await assert.rejects(Promise.resolve(asked));
    calls[0]?.resolve("late");
    await settle();
    assert.equal(users.peek("ada"), undefined);
  });
});

describe("no stale set", () => {
  it("does not keep what was made before an invalidation, and gives those who ask later what is made after it", async () => {
    for (const invalidate of ["delete", "tag", "clear", "all", "late tag", "set"] as const) {
      await using machines = await openMachines({ namespace: { tags: ["people"] } });
      const [users] = machines.users;
      const [cache] = machines.caches;
      const { factory, calls } = createManualFactory<string>();
      const early = users.getOrSet("ada", async ({ setTags }) => {
        const value = await factory();
        setTags(["user:1"]);
        return value;
      });
      await until(() => calls.length === 1);
      if (invalidate === "delete") await users.delete("ada");
      else if (invalidate === "tag") await cache.invalidateTags(["people"]);
      else if (invalidate === "late tag") await cache.invalidateTags(["user:1"]);
      else if (invalidate === "clear") await users.clear();
      else if (invalidate === "all") await cache.clear();
      else await users.set("ada", "set");
      const late = users.getOrSet("ada", factory);
      await settle();
      // Nobody knows yet which tags it will have; all else is known, and nobody waits for what will be of no use.
      assert.equal(calls.length, invalidate === "late tag" || invalidate === "set" ? 1 : 2, invalidate);
      calls[0]?.resolve("old");
      assert.equal(await early, "old", invalidate);
      if (invalidate === "set") {
        assert.equal(await late, "set");
      } else {
        await until(() => calls.length === 2);
        calls[1]?.resolve("new");
        assert.equal(await late, "new", invalidate);
      }
      assert.equal(await users.getOrSet("ada", never), invalidate === "set" ? "set" : "new", invalidate);
    }
  });
});

describe("values", () => {
  it("are not shared by callers in a way that one could change them for another", async () => {
    const cache = createCache({ memory: new SegmentTable() });
    const plain = cache.namespace<{ list: number[] }>("plain", { version: 1, ttl: "1m" });
    const rich = cache.namespace<{ at: Date; map: Map<string, number>; bytes: Uint8Array }>("rich", { version: 1, ttl: "1m" });
    await cache.start();
    const given = { list: [1] };
    const first = await plain.getOrSet("a", () => given);
    given.list.push(2);
    assert.throws(() => first.list.push(3), TypeError);
    assert.deepEqual(await plain.get("a"), { list: [1] });
    assert.equal(await plain.get("a"), first, "what is frozen is shared");
    await rich.set("a", { at: new Date(0), map: new Map([["x", 1]]), bytes: Uint8Array.of(1) });
    const one = await rich.get("a");
    one?.at.setTime(1);
    one?.map.clear();
    one?.bytes.fill(9);
    assert.deepEqual(await rich.get("a"), { at: new Date(0), map: new Map([["x", 1]]), bytes: Uint8Array.of(1) });
    assert.deepEqual(rich.peek("a")?.at, new Date(0));
    await cache.stop();
  });

  it("may be shared as they are when all callers only read", async () => {
    const cache = createCache({ memory: new SegmentTable() });
    const pages = cache.namespace<{ body: Uint8Array }>("pages", { version: 1, ttl: "1m", copy: "never" });
    await cache.start();
    await pages.set("a", { body: Uint8Array.of(1) });
    assert.equal((await pages.get("a"))?.body, pages.peek("a")?.body);
    await cache.stop();
  });

  it("are checked by the schema, whose output is what is kept", async () => {
    const cache = createCache({ memory: new SegmentTable() });
    const schema = z.object({ name: z.string().trim(), at: z.date() });
    const users = cache.namespace("users", { schema, ttl: "1m" });
    await cache.start();
    const made = await users.getOrSet("a", () => ({ name: " Ada ", at: new Date(0), secret: 1 }));
    assert.deepEqual(made, { name: "Ada", at: new Date(0) });
    await assert.rejects(
      users.getOrSet("b", () => ({ name: 7 }) as never),
      (error: { code?: string; faults?: readonly { pointer: string }[] }) =>
        error.code === "E_CACHE_VALUE_INVALID" && error.faults?.map(({ pointer }) => pointer).join() === "/name,/at",
    );
    await assert.rejects(users.set("c", {} as never), { code: "E_CACHE_VALUE_INVALID" });
    await cache.stop();
  });

  it("need a schema that accepts its own output", async () => {
    const cache = createCache({ memory: new SegmentTable() });
    const lengths = cache.namespace("lengths", { schema: z.string().transform((text) => text.length), version: 1, ttl: "1m" });
    await cache.start();
    await assert.rejects(lengths.set("a", "abc" as never), { code: "E_CACHE_VALUE_INVALID" });
    await cache.stop();
  });
});

describe("keys", () => {
  it("are never mistaken for each other", async () => {
    await using machines = await openMachines({ shared: true });
    const [users] = machines.users;
    const long = "x".repeat(300);
    const keys: readonly CacheKey[] = [
      "a:b",
      ["a", "b"],
      ["a:b"],
      ["a,b"],
      ["a", "b", ""],
      `["a","b"]`,
      `\0["a","b"]`,
      [1],
      ["1"],
      "1",
      [0.1, 1],
      "\ud800",
      "\ud801",
      "\ufffd",
      "a\nb",
      "a\u0000b",
      `${long}1`,
      `${long}2`,
      "#x",
      "__proto__",
      "é",
      "e\u0301",
    ];
    for (const [index, key] of keys.entries()) await users.set(key, String(index));
    for (const [index, key] of keys.entries()) assert.equal(await users.get(key), String(index), JSON.stringify(key));
    const stored = await Promise.all(keys.map(async (key) => (await users.explain(key))?.storageKey ?? ""));
    assert.equal(new Set(stored).size, keys.length);
    // eslint-disable-next-line no-control-regex
    for (const name of stored) assert.ok(name.length < 240 && !/[\u0000-\u001f]/.test(name) && name.isWellFormed(), name);
  });

  it("are refused when they are not what they seem", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    for (const key of ["", [], [Number.NaN], [undefined], {}, 7, null, [["a"]]] as never[])
      assert.throws(() => users.peek(key), { code: "E_CACHE_KEY_INVALID" }, JSON.stringify(key));
  });

  it("are the operator's mistake where an operator gives them", async () => {
    await using machines = await openMachines();
    const [cache] = machines.caches;
    const ask = async (): Promise<unknown> => cache.actions?.["explain"]?.run({ namespace: "users", key: '["ada",null]' });
    await assert.rejects(ask, { code: "E_CACHE_KEY_INVALID", status: 400, message: /neither a text nor a finite number: null/ });
    const key = ["ada", null] as unknown as CacheKey;
    await assert.rejects(cache.explain("users", key), { code: "E_CACHE_KEY_INVALID", status: undefined });
  });

  it("of two users never lead to each other's values, whatever they are", async () => {
    const cache = createCache({ memory: new SegmentTable() });
    const mine = cache.namespace<string>("mine", { version: 1, ttl: "1m" });
    const yours = cache.namespace<string>("yours", { version: 1, ttl: "1m" });
    await cache.start();
    for (const key of ["x", "yours:x", "mine:x", "n:yours", "*"]) {
      await mine.set(key, `mine ${key}`);
      await yours.set(key, `yours ${key}`);
      assert.deepEqual([await mine.get(key), await yours.get(key)], [`mine ${key}`, `yours ${key}`]);
    }
    await mine.clear();
    assert.deepEqual([await mine.get("x"), await yours.get("x")], [undefined, "yours x"]);
    await cache.stop();
  });
});

describe("declarations", () => {
  const cache = createCache({ memory: new SegmentTable() });

  it("refuse what cannot work", () => {
    assert.throws(() => cache.namespace("a b", { version: 1, ttl: "1m" }), { code: "E_CACHE_NAMESPACE_INVALID" });
    assert.throws(() => cache.namespace("a", { version: 1, ttl: "0s" }), { code: "E_CACHE_NAMESPACE_INVALID" });
    assert.throws(() => cache.namespace("a", { version: 1, ttl: "soon" as never }), { code: "E_CACHE_NAMESPACE_INVALID" });
    assert.throws(() => cache.namespace("a", { version: 1, ttl: "1m", jitter: 1 }), { code: "E_CACHE_NAMESPACE_INVALID" });
    assert.throws(() => cache.namespace("a", { ttl: "1m" } as never), { code: "E_CACHE_VERSION_MISSING" });
    assert.throws(() => cache.namespace("a", { version: 1, ttl: "1m", tags: [""] }), { code: "E_CACHE_TAG_INVALID" });
    cache.namespace("twice", { version: 1, ttl: "1m" });
    assert.throws(() => cache.namespace("twice", { version: 1, ttl: "1m" }), { code: "E_CACHE_NAMESPACE_DUPLICATE" });
    assert.throws(() => createCache({ memory: new SegmentTable(), name: "a:b" }), { code: "E_CACHE_OPTION_INVALID" });
    assert.throws(() => createCache({ memory: new SegmentTable(), maxEntries: 0 }), { code: "E_CACHE_OPTION_INVALID" });
    assert.throws(() => createCache({ memory: new SegmentTable(), leaseTime: "0s" }), { code: "E_CACHE_OPTION_INVALID" });
  });

  it("give another version to another shape, and the same one to the same", () => {
    const versionOf = (name: string, schema: z.ZodType, version?: number): string =>
      cache.namespace(name, { schema, ttl: "1m", ...(version === undefined ? {} : { version }) }).version;
    const one = versionOf("v1", z.object({ a: z.string(), b: z.number() }));
    assert.equal(versionOf("v2", z.object({ b: z.number(), a: z.string() })), one);
    const others = [
      versionOf("v3", z.object({ a: z.string() })),
      versionOf("v4", z.object({ a: z.string(), b: z.string() })),
      versionOf("v5", z.object({ a: z.string(), b: z.date() })),
      versionOf("v6", z.object({ a: z.string(), b: z.bigint() })),
      versionOf("v7", z.object({ a: z.string(), b: z.number().optional() })),
      versionOf("v8", z.object({ a: z.string(), b: z.number() }), 2),
    ];
    assert.equal(new Set([one, ...others]).size, 7);
  });

  it("say that a cache must be started", async () => {
    const idle = cache.namespace<string>("idle", { version: 1, ttl: "1m" });
    await assert.rejects(
      idle.getOrSet("a", () => "a"),
      { code: "E_CACHE_NOT_STARTED" },
    );
    await assert.rejects(cache.invalidateTags(["a"]), { code: "E_CACHE_NOT_STARTED" });
  });
});

describe("memory", () => {
  it("stays within its bounds, and the largest namespace gives way", async () => {
    const cache = createCache({ memory: new SegmentTable(), maxBytes: "64kb" });
    const small = cache.namespace<string>("small", { version: 1, ttl: "1m" });
    const wild = cache.namespace<string>("wild", { version: 1, ttl: "1m" });
    await cache.start();
    for (let index = 0; index < 10; index += 1) await small.set(`key ${index}`, "x");
    for (let index = 0; index < 500; index += 1) await wild.set(`key ${index}`, "x".repeat(500));
    const { small: kept, wild: trimmed } = cache.stats().namespaces;
    assert.equal(kept?.entries, 10);
    assert.ok((trimmed?.bytes ?? 0) + (kept?.bytes ?? 0) <= 65_536);
    assert.ok((trimmed?.entries ?? 0) > 30);
    assert.equal(wild.peek("key 0"), undefined);
    assert.notEqual(wild.peek("key 499"), undefined);
    await cache.stop();
  });

  it("holds no more entries than it may, and nothing that is larger than all of it", async () => {
    const cache = createCache({ memory: new SegmentTable(), maxBytes: "64kb", maxEntries: 10 });
    const users = cache.namespace<string>("users", { version: 1, ttl: "1m" });
    await cache.start();
    for (let index = 0; index < 50; index += 1) await users.set(`key ${index}`, "x");
    assert.equal(cache.stats().namespaces["users"]?.entries, 10);
    assert.equal(await users.getOrSet("huge", () => "x".repeat(100_000)), "x".repeat(100_000));
    assert.equal(users.peek("huge"), undefined);
    await cache.stop();
  });
});

describe("what is announced", () => {
  it("are reads and fills", async () => {
    const clock = createFakeClock();
    const cache = createCache({ memory: new SegmentTable(), clock, name: "announced" });
    const users = cache.namespace<string>("users", { version: 1, ttl: "1m", grace: "1m", jitter: 0 });
    await cache.start();
    const seen: string[] = [];
    const ends = [
      cacheReads.subscribe(({ cache, outcome }) => cache === "announced" && seen.push(outcome)),
      cacheFills.subscribe(({ cache, outcome, key }) => cache === "announced" && seen.push(`${outcome} ${key}`)),
    ];
    await users.getOrSet("a", () => "a");
    await users.getOrSet("a", never);
    await assert.rejects(users.getOrSet("b", () => Promise.reject(new Error("no"))));
    clock.advance(60_001);
    await users.getOrSet("a", ({ skip }) => (skip(), "a"));
    await settle();
    for (const end of ends) end();
    assert.deepEqual(seen, ["stored a", "miss", "memory", "failed b", "miss", "stale", "skipped a"]);
    const { memoryHits, misses, staleHits, factoryCalls, factoryErrors } = cache.stats().namespaces["users"] ?? {};
    assert.deepEqual(
      { memoryHits, misses, staleHits, factoryCalls, factoryErrors },
      { memoryHits: 1, misses: 2, staleHits: 1, factoryCalls: 3, factoryErrors: 1 },
    );
    await cache.stop();
  });
});
