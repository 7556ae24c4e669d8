import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { CacheStore, InvalidationTarget, StoreKey, StoreReading, StoreWrite } from "../cache/mod.ts";
import { type ConformanceSuite, defineConformanceSuite } from "./conformance-suite.ts";

/** Two connections to one store that is empty at first, as two machines have. Started, and not yet attached. */
export interface CacheStoreSubject {
  readonly one: CacheStore;
  readonly other: CacheStore;
  /** Lets at least so many milliseconds pass for the store. */
  readonly pass: (milliseconds: number) => void | Promise<void>;
}

const keyOf = (id: string, version = "v1"): StoreKey => ({ namespace: "users", version, id });

const writeOf = (text: string, more: { tags?: readonly string[]; freshFor?: number; staleFor?: number } = {}): StoreWrite => {
  const { tags = [], freshFor = 60_000, staleFor = freshFor } = more;
  return { value: { payload: Buffer.from(text), negative: false, tags, createdAt: 1_700_000_000_000 }, freshFor, staleFor };
};

const lease = (token: string): { token: string; milliseconds: number } => ({ token, milliseconds: 60_000 });

const textOf = (reading: StoreReading): string | undefined =>
  reading.value === undefined ? undefined : Buffer.from(reading.value.payload).toString();

async function attached({ one, other }: CacheStoreSubject): Promise<{ one: CacheStore; other: CacheStore }> {
  await one.attach("one");
  await other.attach("other");
  return { one, other };
}

/** Makes a value as a cache does: reads, and writes with what the reading says. */
async function fill(store: CacheStore, key: StoreKey, write: StoreWrite): Promise<boolean> {
  const { stamp } = await store.read(key);
  assert.ok(stamp !== undefined, "a reading that found no fresh value must give a stamp");
  return store.write(key, write, { stamp });
}

/** Resolves with what a listener was told once that satisfies a condition. */
function hear(
  store: CacheStore,
): Promise<{ told: string[]; until: (part: string) => Promise<void>; leave: () => Promise<void> }> {
  const told: string[] = [];
  let check = (): void => undefined;
  const add = (text: string): void => {
    told.push(text);
    check();
  };
  const until = (part: string): Promise<void> =>
    new Promise((resolve) => {
      check = () => {
        if (told.some((text) => text.includes(part))) resolve();
      };
      check();
    });
  const listener = {
    invalidated: (targets: readonly InvalidationTarget[]) => add(`invalidated ${JSON.stringify(targets)}`),
    settled: (key: StoreKey) => add(`settled ${key.id}`),
    gap: () => undefined,
    ready: () => undefined,
  };
  return store.listen(listener).then((leave) => ({ told, until, leave }));
}

const TARGETS: readonly InvalidationTarget[] = [
  { kind: "key", namespace: "users", id: "a" },
  { kind: "tag", tag: "t" },
  { kind: "namespace", namespace: "users" },
  { kind: "all" },
];

/** What every `CacheStore` does. */
export const cacheStoreSuite: ConformanceSuite<CacheStoreSubject> = defineConformanceSuite<CacheStoreSubject>("cache store", {
  "gives any bytes, tags and times back to everybody": async (subject) => {
    const { one, other } = await attached(subject);
    const payload = Uint8Array.from({ length: 256 }, (_, index) => index);
    const value = { payload, negative: false, tags: ["t:1", "grüße ✓"], createdAt: 1_700_000_000_123 };
    assert.equal(await fill(one, keyOf("a"), { value, freshFor: 60_000, staleFor: 90_000 }), true);
    const reading = await other.read(keyOf("a"));
    assert.deepEqual(Uint8Array.from(reading.value?.payload ?? []), payload);
    assert.deepEqual(reading.value?.tags, ["t:1", "grüße ✓"]);
    assert.equal(reading.value?.createdAt, 1_700_000_000_123);
    assert.ok(reading.value.freshFor > 50_000 && reading.value.freshFor <= 60_000, String(reading.value.freshFor));
    assert.ok(reading.value.staleFor > 80_000 && reading.value.staleFor <= 90_000, String(reading.value.staleFor));
    assert.equal(reading.lease, "none");
  },
  "keeps that there is no such value": async (subject) => {
    const { one, other } = await attached(subject);
    const value = { payload: new Uint8Array(0), negative: true, tags: [], createdAt: 0 };
    await fill(one, keyOf("a"), { value, freshFor: 60_000, staleFor: 60_000 });
    const reading = await other.read(keyOf("a"));
    assert.equal(reading.value?.negative, true);
    assert.equal(reading.value.payload.length, 0);
  },
  "does not mix up keys, versions and namespaces": async (subject) => {
    const { one } = await attached(subject);
    await fill(one, keyOf("a"), writeOf("a"));
    for (const key of [keyOf("b"), keyOf("a", "v2"), { ...keyOf("a"), namespace: "posts" }, keyOf("v1:a"), keyOf("A")])
      assert.equal(textOf(await one.read(key)), undefined, JSON.stringify(key));
    assert.equal(textOf(await one.read(keyOf("a"))), "a");
  },
  "gives a value as stale during its grace, and then no more": async (subject) => {
    const { one } = await attached(subject);
    await fill(one, keyOf("a"), writeOf("a", { freshFor: 40, staleFor: 60_000 }));
    await fill(one, keyOf("b"), writeOf("b", { freshFor: 20, staleFor: 40 }));
    await subject.pass(60);
    const { value, stamp } = await one.read(keyOf("a"));
    assert.ok(value !== undefined && value.freshFor <= 0 && value.staleFor > 0 && stamp !== undefined);
    assert.equal(textOf(await one.read(keyOf("b"))), undefined);
  },
  "forgets what is invalidated by key, tag, namespace or altogether, for everybody": async (subject) => {
    const { one, other } = await attached(subject);
    for (const target of TARGETS) {
      await fill(one, keyOf("a"), writeOf("a", { tags: ["s", "t"] }));
      await other.invalidate([target]);
      assert.equal(textOf(await one.read(keyOf("a"))), undefined, target.kind);
      assert.equal((await one.inspect(keyOf("a"))).invalid, true, target.kind);
    }
  },
  "leaves alone what an invalidation does not concern": async (subject) => {
    const { one } = await attached(subject);
    await fill(one, keyOf("a"), writeOf("a", { tags: ["t"] }));
    await one.invalidate([
      { kind: "key", namespace: "users", id: "b" },
      { kind: "key", namespace: "posts", id: "a" },
      { kind: "tag", tag: "T" },
      { kind: "tag", tag: "users" },
      { kind: "namespace", namespace: "t" },
    ]);
    assert.equal(textOf(await one.read(keyOf("a"))), "a");
  },
  "forgets a deleted key in every version": async (subject) => {
    const { one, other } = await attached(subject);
    await fill(one, keyOf("a", "v1"), writeOf("old"));
    await fill(other, keyOf("a", "v2"), writeOf("new"));
    await one.invalidate([{ kind: "key", namespace: "users", id: "a" }]);
    assert.equal(textOf(await one.read(keyOf("a", "v1"))), undefined);
    assert.equal(textOf(await other.read(keyOf("a", "v2"))), undefined);
  },
  "refuses a value that was made before an invalidation of its key, tags or namespace": async (subject) => {
    const { one, other } = await attached(subject);
    for (const target of TARGETS) {
      const { stamp = "" } = await one.read(keyOf("a"));
      await other.invalidate([target]);
      assert.equal(await one.write(keyOf("a"), writeOf("old", { tags: ["t"] }), { stamp }), false, target.kind);
      assert.equal(textOf(await other.read(keyOf("a"))), undefined, target.kind);
    }
  },
  "takes a value that was made after an invalidation": async (subject) => {
    const { one } = await attached(subject);
    await one.invalidate(TARGETS);
    assert.equal(await fill(one, keyOf("a"), writeOf("new", { tags: ["t"] })), true);
    assert.equal(textOf(await one.read(keyOf("a"))), "new");
  },
  "lets a set value stand against one that was being made": async (subject) => {
    const { one, other } = await attached(subject);
    const { stamp = "" } = await one.read(keyOf("a"));
    await other.replace(keyOf("a"), writeOf("set"));
    assert.equal(await one.write(keyOf("a"), writeOf("made"), { stamp }), false);
    assert.equal(textOf(await one.read(keyOf("a"))), "set");
  },
  "forgets other versions of a key that is set": async (subject) => {
    const { one, other } = await attached(subject);
    await fill(one, keyOf("a", "v1"), writeOf("old"));
    await other.replace(keyOf("a", "v2"), writeOf("set"));
    assert.equal(textOf(await one.read(keyOf("a", "v1"))), undefined);
    assert.equal(textOf(await one.read(keyOf("a", "v2"))), "set");
  },
  "grants a lease to one of many that ask at once": async (subject) => {
    const { one, other } = await attached(subject);
    const asked = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? one : other).read(keyOf("a"), lease(randomUUID()))),
    );
    assert.equal(asked.filter((reading) => reading.lease === "granted").length, 1);
    assert.equal(asked.filter((reading) => reading.lease === "busy").length, 49);
  },
  "grants a lease again to whom it was granted": async (subject) => {
    const { one } = await attached(subject);
    assert.equal((await one.read(keyOf("a"), lease("me"))).lease, "granted");
    assert.equal((await one.read(keyOf("a"), lease("me"))).lease, "granted");
  },
  "gives the lease back with the value, and says so to those who waited": async (subject) => {
    const { one, other } = await attached(subject);
    const news = await hear(other);
    const { stamp = "" } = await one.read(keyOf("a"), lease("me"));
    assert.equal((await other.read(keyOf("a"), lease("you"))).lease, "busy");
    await one.write(keyOf("a"), writeOf("a"), { stamp, token: "me" });
    await news.until("settled a");
    assert.equal((await one.inspect(keyOf("a"))).leaseHolder, undefined);
    assert.equal(textOf(await other.read(keyOf("a"), lease("you"))), "a");
    await news.leave();
  },
  "gives the lease back with a value that it refuses": async (subject) => {
    const { one, other } = await attached(subject);
    const { stamp = "" } = await one.read(keyOf("a"), lease("me"));
    await other.invalidate([{ kind: "key", namespace: "users", id: "a" }]);
    assert.equal(await one.write(keyOf("a"), writeOf("a"), { stamp, token: "me" }), false);
    assert.equal((await other.read(keyOf("a"), lease("you"))).lease, "granted");
  },
  "lets only the holder give a lease back": async (subject) => {
    const { one, other } = await attached(subject);
    await one.read(keyOf("a"), lease("me"));
    await other.release(keyOf("a"), "you");
    assert.equal((await other.inspect(keyOf("a"))).leaseHolder, "me");
    await one.release(keyOf("a"), "me");
    assert.equal((await other.read(keyOf("a"), lease("you"))).lease, "granted");
  },
  "frees the lease of a holder that is gone, unless it renews": async (subject) => {
    const { one, other } = await attached(subject);
    await one.read(keyOf("a"), { token: "me", milliseconds: 60 });
    assert.equal(await one.renew(keyOf("a"), lease("me")), true);
    await one.read(keyOf("b"), { token: "me", milliseconds: 60 });
    await subject.pass(80);
    assert.equal((await other.read(keyOf("a"), lease("you"))).lease, "busy");
    assert.equal((await other.read(keyOf("b"), lease("you"))).lease, "granted");
    assert.equal(await one.renew(keyOf("b"), lease("me")), false);
  },
  "needs no lease for a fresh value, and grants one beside a stale one": async (subject) => {
    const { one, other } = await attached(subject);
    await fill(one, keyOf("a"), writeOf("a", { freshFor: 30, staleFor: 60_000 }));
    await subject.pass(50);
    const reading = await one.read(keyOf("a"), lease("me"));
    assert.deepEqual([textOf(reading), reading.lease], ["a", "granted"]);
    const late = await other.read(keyOf("a"), lease("you"));
    assert.deepEqual([textOf(late), late.lease], ["a", "busy"]);
  },
  "tells others what was invalidated or set, and not whose doing it was": async (subject) => {
    const { one, other } = await attached(subject);
    const [own, news] = [await hear(one), await hear(other)];
    await one.invalidate(TARGETS);
    await one.replace(keyOf("b"), writeOf("b"));
    await news.until(`"id":"b"`);
    assert.deepEqual(news.told, [
      `invalidated ${JSON.stringify(TARGETS)}`,
      `invalidated ${JSON.stringify([{ kind: "key", namespace: "users", id: "b" }])}`,
    ]);
    assert.deepEqual(own.told, []);
    await own.leave();
    await news.leave();
  },
  "takes hostile names as they are": async (subject) => {
    const { one } = await attached(subject);
    const ids = ["a:b", "a b", "*", "?[a]", "__proto__", "#x", "l:users:v1:a", "%s", "é", "x".repeat(200)];
    for (const id of ids) await fill(one, keyOf(id), writeOf(id, { tags: [id] }));
    for (const id of ids) assert.equal(textOf(await one.read(keyOf(id))), id);
    await one.invalidate([{ kind: "tag", tag: "*" }]);
    for (const id of ids) assert.equal(textOf(await one.read(keyOf(id))), id === "*" ? undefined : id);
  },
});
