import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CacheNamespace } from "#src/cache/contract";
import { createCache } from "#src/cache/create-cache";
import { createMemoryStore } from "#src/cache/memory-store";
import { SegmentTable } from "#src/core/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { createManualFactory, openMachines, settle, until } from "./machines.ts";

type Users = CacheNamespace<string>;

const never = (): never => assert.fail("the factory must not be called");

describe("threads without a store", () => {
  it("make a cold value once, and hand it to all", async () => {
    await using machines = await openMachines({ threads: [3] });
    const { factory, calls } = createManualFactory<string>();
    const asked = Array.from({ length: 300 }, (_, index) => machines.users[index % 3]!.getOrSet("ada", factory));
    await until(() => calls.length > 0);
    calls[0]?.resolve("Ada");
    let answers: unknown[] | undefined;
    void Promise.all(asked).then((all) => (answers = all));
    await until(() => answers !== undefined, machines.clock);
    assert.deepEqual(new Set(answers), new Set(["Ada"]));
    assert.equal(calls.length, 1);
    for (const users of machines.users) assert.equal(users.peek("ada"), "Ada");
  });

  it("make it once also when one asks in the moment at which another has finished", async () => {
    await using machines = await openMachines({ threads: [2] });
    const [one, other] = machines.users;
    await one.getOrSet("ada", () => "Ada");
    // The message is on its way: the lease is free, and this thread does not have the value yet.
    assert.equal(other.peek("ada"), undefined);
    assert.equal(await other.getOrSet("ada", never), "Ada");
  });

  it("go on when the one that made the value failed", async () => {
    await using machines = await openMachines({ threads: [2] });
    const [one, other] = machines.users;
    const { factory, calls } = createManualFactory<string>();
    const first = one.getOrSet("ada", factory);
    await until(() => calls.length === 1);
    const second = other.getOrSet("ada", factory);
    await settle();
    calls[0]?.reject(new Error("no"));
    await assert.rejects(Promise.resolve(first));
    await until(() => calls.length === 2, machines.clock);
    calls[1]?.resolve("Ada");
    assert.equal(await second, "Ada");
  });

  it("take over when the one that made the value has died", async () => {
    const clock = createFakeClock();
    const memory = new SegmentTable();
    const caches = [0, 1].map((threadIndex) => createCache({ memory, clock, threadIndex, generations: 2 ** 20 }));
    const [one, other] = caches.map((cache) => cache.namespace<string>("users", { version: 1, ttl: "1m" })) as [Users, Users];
    for (const cache of caches) await cache.start();
    void one.getOrSet("ada", () => new Promise(() => undefined));
    await settle();
    assert.equal((await other.explain("ada"))?.leaseHolder, "thread 0");
    const asked = other.getOrSet("ada", () => "Ada");
    await settle();
    assert.equal(memory.releaseLocks(0), 1);
    clock.advance(60);
    assert.equal(await asked, "Ada");
    for (const cache of caches) await cache.stop();
  });

  it("see each other's invalidations at once", async () => {
    await using machines = await openMachines({ threads: [2], namespace: { tags: ["people"] } });
    const [one, other] = machines.users;
    await one.getOrSet("ada", () => "Ada");
    await until(() => other.peek("ada") === "Ada");
    void one.delete("ada");
    assert.equal(other.peek("ada"), undefined);
    await one.set("ada", "Ada II");
    assert.equal(other.peek("ada"), undefined, "never the old value");
    await until(() => other.peek("ada") === "Ada II");
    void machines.caches[1].invalidateTags(["people"]);
    assert.equal(one.peek("ada"), undefined);
  });

  it("of another cache of the same name in another program are strangers", async () => {
    await using one = await openMachines({ threads: [2] });
    await using other = await openMachines({ threads: [2] });
    await one.users[0].getOrSet("ada", () => "Ada");
    await until(() => one.users[1].peek("ada") === "Ada");
    await settle();
    assert.equal(other.users[0].peek("ada"), undefined);
    await other.users[0].clear();
    assert.equal(one.users[0].peek("ada"), "Ada");
  });
});

describe("machines that share a store", () => {
  const shared = { threads: [1, 1], shared: true } as const;

  it("make a cold value once", async () => {
    await using machines = await openMachines({ ...shared, threads: [2, 2] });
    const { factory, calls } = createManualFactory<string>();
    const asked = Array.from({ length: 400 }, (_, index) => machines.users[index % 4]!.getOrSet("ada", factory));
    await until(() => calls.length > 0);
    await settle();
    calls[0]?.resolve("Ada");
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(["Ada"]));
    assert.equal(calls.length, 1);
  });

  it("read what another has made, with the time that is left", async () => {
    await using machines = await openMachines(shared);
    const [one, other] = machines.users;
    await one.getOrSet("ada", () => "Ada");
    machines.clock.advance(50_000);
    assert.equal(await other.getOrSet("ada", never), "Ada");
    assert.equal(other.peek("ada"), "Ada");
    machines.clock.advance(10_000);
    assert.equal(other.peek("ada"), undefined);
  });

  it("forget in memory what another invalidates", async () => {
    await using machines = await openMachines(shared);
    const [one, other] = machines.users;
    const [cache] = machines.caches;
    for (const invalidate of [
      () => one.delete("ada"),
      () => one.clear(),
      () => cache.clear(),
      () => cache.invalidateTags(["people"]),
      () => one.set("ada", "Ada II"),
    ]) {
      await other.getOrSet("ada", () => "Ada", { tags: ["people"] });
      assert.notEqual(other.peek("ada"), undefined);
      await invalidate();
      await settle();
      assert.equal(other.peek("ada"), undefined, invalidate.toString());
    }
    assert.equal(await other.getOrSet("ada", never), "Ada II");
  });

  it("do not keep what was made before an invalidation on another machine, even before its news has arrived", async () => {
    await using machines = await openMachines(shared);
    const [one, other] = machines.users;
    const { factory, calls } = createManualFactory<string>();
    const early = one.getOrSet("ada", factory);
    await until(() => calls.length === 1);
    const deleted = other.delete("ada");
    calls[0]?.resolve("old");
    assert.equal(await early, "old");
    await deleted;
    assert.equal(one.peek("ada"), undefined);
    assert.equal(await one.get("ada"), undefined);
    assert.equal(machines.caches[0].stats().namespaces["users"]?.refused, 1);
  });

  it("forget what a thread takes from the store while another is having it invalidated there", async () => {
    const clock = createFakeClock();
    const memory = new SegmentTable();
    const machines = createMemoryStore({ clock });
    const gate = Promise.withResolvers<undefined>();
    const slow = machines.connect();
    const invalidate = slow.invalidate.bind(slow);
    slow.invalidate = async (targets) => {
      await gate.promise;
      await invalidate(targets);
    };
    const caches = [slow, machines.connect()].map((store, threadIndex) => createCache({ memory, clock, store, threadIndex }));
    const [one, other] = caches.map((cache) => cache.namespace<string>("users", { version: 1, ttl: "1m" })) as [Users, Users];
    for (const cache of caches) await cache.start();
    await one.getOrSet("ada", () => "old");
    const deleted = one.delete("ada");
    assert.equal(await other.get("ada"), "old");
    gate.resolve(undefined);
    await deleted;
    assert.equal(other.peek("ada"), undefined);
    for (const cache of caches) await cache.stop();
  });

  it("agree on one value when several set it at once", async () => {
    await using machines = await openMachines({ ...shared, threads: [2, 2] });
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(machines.users.map((users, index) => users.set("ada", `${round} ${index}`)));
      await settle();
      const values = new Set(await Promise.all(machines.users.map((users) => users.get("ada"))));
      assert.equal(values.size, 1, [...values].join(", "));
    }
  });

  it("serve stale values of the store while one machine refreshes", async () => {
    await using machines = await openMachines({ ...shared, namespace: { grace: "1h" } });
    const [one, other] = machines.users;
    await one.getOrSet("ada", () => "old");
    machines.clock.advance(60_000);
    const { factory, calls } = createManualFactory<string>();
    // It never had the value in memory.
    const asked = other.getOrSet("ada", factory);
    await until(() => calls.length === 1, machines.clock);
    assert.equal(await asked, "old");
    assert.equal(await one.getOrSet("ada", never), "old");
    calls[0]?.resolve("new");
    await until(() => other.peek("ada") === "new");
    await until(() => one.peek("ada") === "new", machines.clock);
    assert.equal(calls.length, 1);
  });

  it("take over from a machine that died, when its lease has run out", async () => {
    await using machines = await openMachines({ ...shared, leaseTime: "5s" });
    const [one, other] = machines.users;
    void one.getOrSet("ada", () => new Promise(() => undefined)).catch(() => undefined);
    await settle();
    await machines.caches[0].stop(); // as good as dead: it renews no more
    let answer: string | undefined;
    const asked = other.getOrSet("ada", () => "Ada").then((value) => (answer = value));
    const before = machines.clock.monotonic();
    await until(() => answer !== undefined, machines.clock);
    await asked;
    const waited = machines.clock.monotonic() - before;
    assert.ok(waited > 3_000 && waited < 6_000, `${waited} ms`);
  });

  it("keep a lease for as long as a factory takes", async () => {
    await using machines = await openMachines({ ...shared, leaseTime: "300ms" });
    const [one, other] = machines.users;
    const { factory, calls } = createManualFactory<string>();
    const asked = [one.getOrSet("ada", factory)];
    await until(() => calls.length === 1);
    asked.push(other.getOrSet("ada", factory));
    const end = machines.clock.monotonic() + 3_000;
    await until(() => machines.clock.monotonic() > end, machines.clock);
    assert.equal(calls.length, 1);
    calls[0]?.resolve("Ada");
    assert.deepEqual(await Promise.all(asked), ["Ada", "Ada"]);
  });

  it("of two versions of a program never read each other's values, and forget together", async () => {
    const clock = createFakeClock();
    const machines = createMemoryStore({ clock });
    const caches = [0, 1].map(() => createCache({ memory: new SegmentTable(), clock, store: machines.connect() }));
    const [old, new_] = caches.map((cache, version) => cache.namespace<string>("users", { version, ttl: "1m" })) as [
      Users,
      Users,
    ];
    for (const cache of caches) await cache.start();
    await old.set("ada", "old shape");
    assert.equal(await new_.get("ada"), undefined);
    await new_.getOrSet("ada", () => "new shape");
    assert.equal(await old.get("ada"), "old shape");
    await new_.delete("ada");
    await settle();
    assert.equal(await old.get("ada"), undefined);
    for (const cache of caches) await cache.stop();
  });

  it("explain where a value is", async () => {
    await using machines = await openMachines({ ...shared, namespace: { grace: "1h" } });
    const [one, other] = machines.users;
    await one.getOrSet(["ada", 1], () => "Ada", { tags: ["people"] });
    machines.clock.advance(1_000);
    const seen = await other.explain(["ada", 1]);
    assert.equal(seen?.memory, undefined);
    assert.deepEqual(seen?.store, {
      state: "fresh",
      age: 1_000,
      freshFor: 59_000,
      staleFor: 3_659_000,
      bytes: seen?.store?.bytes,
      tags: ["people"],
      negative: false,
    });
    const own = await machines.caches[0].explain("users", ["ada", 1]);
    assert.deepEqual([own?.memory?.state, own?.key, own?.leaseHolder], ["fresh", `["ada",1]`, undefined]);
    await machines.caches[1].invalidateTags(["people"]);
    await settle();
    const gone = await one.explain(["ada", 1]);
    assert.deepEqual([gone?.memory?.state, gone?.store?.state], ["invalid", "invalid"]);
    void other.getOrSet("bob", () => new Promise(() => undefined)).catch(() => undefined);
    await settle();
    assert.match((await one.explain("bob"))?.leaseHolder ?? "", /^[^/]+\/\d+\/\d+\//);
    await assert.rejects(Promise.resolve(machines.caches[0].explain("posts", "a")), { code: "E_CACHE_NAMESPACE_UNKNOWN" });
  });
});
