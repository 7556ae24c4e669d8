import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createMemoryStore } from "#src/cache/memory-store";
import { type CacheCounted, cacheCounted, createCache } from "#src/cache/mod";
import { SegmentTable } from "#src/core/mod";
import { type CountedCache, createRegistry, observeCaches, renderMetrics } from "#src/telemetry/mod";
import { createFakeClock } from "#src/testing/mod";

// The rooms do not know each other: the types say here that one takes what the other announces.
const announced = {} as CacheCounted;
const counted: CountedCache = announced;

const HITS = ["memoryHits", "storeHits", "staleHits", "misses"] as const;
const OTHERS = ["factoryCalls", "factoryErrors", "leaseWaits", "refused", "corrupt", "entries", "bytes"] as const;
const ZERO = { ...zeros(HITS), ...zeros(OTHERS) };

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}

const instance = Symbol("of a test");
const stats = (parts: Partial<CacheCounted["stats"]>): CacheCounted["stats"] => {
  return { namespaces: {}, store: "none", storeErrors: 0, unsent: 0, ...parts };
};

async function observed(run: () => void | Promise<void>): Promise<string> {
  const registry = createRegistry();
  const stop = observeCaches(registry);
  try {
    await run();
    return renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" });
  } finally {
    stop();
  }
}

describe("the metrics of caches", () => {
  test("take what the cache room announces", () => assert.equal(counted, announced));

  test("count by totals, and go on when a total begins anew", async () => {
    const text = await observed(() => {
      for (const memoryHits of [10, 25, 5])
        cacheCounted.publish({
          cache: "main",
          instance,
          stats: stats({ namespaces: { users: { ...ZERO, memoryHits, misses: 2 } } }),
        });
    });
    assert.match(text, /^cache_reads_total\{cache="main",cache_namespace="users",outcome="memory"\} 30$/m);
    assert.match(text, /^cache_reads_total\{cache="main",cache_namespace="users",outcome="miss"\} 2$/m);
  });

  test("show a store that is away", async () => {
    const text = await observed(() =>
      cacheCounted.publish({ cache: "main", instance, stats: stats({ store: "down", storeErrors: 3, unsent: 7 }) }),
    );
    for (const line of ["store_down_threads", "store_errors_total", "unsent_invalidations"])
      assert.match(text, new RegExp(`^cache_${line}\\{cache="main"\\} [137]$`, "m"));
  });

  test("add up caches of one name, and grow by what they count only", async () => {
    const clock = createFakeClock();
    const caches = [1, 2].map(() => createCache({ memory: new SegmentTable(), clock }));
    const [one, two] = caches.map((cache) => cache.namespace<string>("users", { version: 1, ttl: "1h" }));
    const text = await observed(async () => {
      for (const cache of caches) await cache.start();
      for (const key of ["ada", "bob", "cid"]) await one?.getOrSet(key, () => key);
      await two?.getOrSet("ada", () => "Ada");
      for (let turn = 0; turn < 10; turn += 1) clock.advance(5_000);
      for (const cache of caches) await cache.stop();
    });
    assert.match(text, /^cache_factory_calls_total\{cache="main",cache_namespace="users"\} 4$/m);
    assert.match(text, /^cache_reads_total\{cache="main",cache_namespace="users",outcome="miss"\} 4$/m);
  });

  test("come from a cache that runs, every five seconds and when it stops", async () => {
    const clock = createFakeClock();
    const cache = createCache({ memory: new SegmentTable(), clock });
    const users = cache.namespace<string>("users", { version: 1, ttl: "1h" });
    const reads = /^cache_reads_total\{.*outcome="memory"\} (\d+)$/m;
    const registry = createRegistry();
    const stop = observeCaches(registry);
    const shown = (): string | undefined =>
      reads.exec(renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" }))?.[1];
    await cache.start();
    await users.getOrSet("ada", () => "Ada");
    await users.getOrSet("ada", () => "Ada");
    assert.equal(shown(), undefined);
    clock.advance(5_000);
    assert.equal(shown(), "1");
    await users.getOrSet("ada", () => "Ada");
    await cache.stop();
    assert.equal(shown(), "2");
    stop();
  });

  test("end with a cache that is stopped while it still starts", async () => {
    const clock = createFakeClock();
    const seen: unknown[] = [];
    const end = cacheCounted.subscribe((counted) => seen.push(counted));
    const answered = Promise.withResolvers<void>();
    // A store that takes its time.
    const store = Object.assign(createMemoryStore({ clock }).connect(), { attach: () => answered.promise });
    const cache = createCache({ memory: new SegmentTable(), clock, store });
    const starting = cache.start();
    await new Promise((resolve) => setImmediate(resolve));
    const stopping = cache.stop();
    answered.resolve();
    await Promise.all([stopping, starting]);
    const told = seen.length;
    clock.advance(60_000);
    assert.equal(seen.length, told);
    end();
  });
});
