import { setImmediate } from "node:timers/promises";
import { createCache } from "#src/cache/create-cache";
import type { Cache, CacheNamespace, CacheOptions, PlainNamespaceOptions } from "#src/cache/contract";
import { createMemoryStore } from "#src/cache/memory-store";
import { SegmentTable } from "#src/core/mod";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";

/** So many that names of one test do not meet in one slot by chance. */
const GENERATIONS = 2 ** 20;

/** As many as there are threads; a test that names one knows that it is there. */
type Several<Item> = readonly [Item, Item, Item, Item, ...Item[]];

/** Caches as they are in several threads of several machines, in this thread. */
export interface Machines extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly caches: Several<Cache>;
  /** The namespace `users` of each cache. */
  readonly users: Several<CacheNamespace<string, undefined>>;
}

export interface MachinesOptions extends Partial<CacheOptions> {
  /** Threads of each machine. Default: one machine with one thread. */
  readonly threads?: readonly number[];
  /** Without it there is no store, and there can be one machine only. */
  readonly shared?: boolean;
  readonly namespace?: Partial<PlainNamespaceOptions>;
}

export async function openMachines(options: MachinesOptions = {}): Promise<Machines> {
  const { threads = [1], shared = false, namespace = {}, ...more } = options;
  const clock = createFakeClock();
  const machines = createMemoryStore({ clock });
  const caches: Cache[] = [];
  for (const count of threads) {
    const memory = new SegmentTable();
    for (let threadIndex = 0; threadIndex < count; threadIndex += 1) {
      const store = shared ? { store: machines.connect() } : {};
      caches.push(createCache({ memory, clock, threadIndex, generations: GENERATIONS, ...store, ...more }));
    }
  }
  const users = caches.map((cache) =>
    cache.namespace<string>("users", { version: 1, ttl: "60s", negativeTtl: "10s", jitter: 0, ...namespace }),
  );
  for (const cache of caches) await cache.start();
  return {
    clock,
    caches: caches as unknown as Several<Cache>,
    users: users as unknown as Several<CacheNamespace<string, undefined>>,
    async [Symbol.asyncDispose]() {
      for (const cache of caches) await cache.stop();
    },
  };
}

/** Lets everything happen that needs no clock. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
}

/** Waits until a condition holds, moving the clock on in small steps. */
export async function until(condition: () => boolean, clock?: FakeClock): Promise<void> {
  for (let step = 0; !condition(); step += 1) {
    if (step > 2_000) throw new Error(`not so after ${step} steps: ${condition.toString()}`);
    clock?.advance(5);
    await setImmediate();
  }
}

/** A factory that is answered by hand. */
export interface ManualFactory<Value> {
  readonly factory: () => Promise<Value>;
  readonly calls: readonly PromiseWithResolvers<Value>[];
}

export function createManualFactory<Value>(): ManualFactory<Value> {
  const calls: PromiseWithResolvers<Value>[] = [];
  return {
    calls,
    factory: () => {
      const call = Promise.withResolvers<Value>();
      calls.push(call);
      return call.promise;
    },
  };
}
