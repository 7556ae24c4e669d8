import { hostname } from "node:os";
import {
  type Duration,
  type ServiceActions,
  THREAD_INDEX,
  type Timer,
  parseDuration,
  parseSize,
  systemClock,
} from "../core/mod.ts";
import { createActions } from "./actions.ts";
import { cacheCounted } from "./channels.ts";
import type {
  Cache,
  CacheExplanation,
  CacheKey,
  CacheNamespace,
  CacheOptions,
  CacheStats,
  PlainNamespaceOptions,
  SchemaNamespaceOptions,
} from "./contract.ts";
import { Engine } from "./engine.ts";
import { errors } from "./errors.ts";
import { DEFAULT_GENERATIONS, GenerationTable } from "./generation-table.ts";
import { Invalidator } from "./invalidator.ts";
import { Lookups } from "./lookup.ts";
import { MemoryTier } from "./memory-tier.ts";
import { Namespace } from "./namespace.ts";
import { Pulse } from "./pulse.ts";
import { RedisStore } from "./redis-store.ts";
import { shapeVersion } from "./schema-version.ts";
import { namespaceSettings, storableTags } from "./settings.ts";
import { Shelf } from "./shelf.ts";
import type { CacheStore } from "./store-contract.ts";
import { StoreGuard } from "./store-guard.ts";
import { type SharedValue, ThreadSiblings } from "./thread-siblings.ts";
import { TransactionTouches } from "./transaction-touches.ts";

const NAME = /^[a-z][a-z0-9_.-]{0,63}$/i;
const DEFAULT_ENTRIES = 100_000;
/** Milliseconds between two announcements of what was counted. */
const COUNTED_EVERY = 5_000;

interface Settings {
  readonly name: string;
  readonly generations: number;
  readonly storeTimeout: number;
}

interface Room {
  readonly shelf: Shelf;
  readonly lookups: Lookups;
  readonly face: Namespace<unknown, undefined>;
}

/**
 * Makes the cache of a thread: a service for the app's `services`, where it must be started before it is used (namespaces may be made before).
 *
 * @throws E_CACHE_OPTION_INVALID; on start E_CORE_SEGMENT_MISMATCH
 * @example
 * const cache = createCache({ memory: new SegmentTable() });
 * const users = cache.namespace("users", { schema: z.object({ name: z.string() }), ttl: "5m", grace: "1h" });
 * await cache.start();
 * const ada = await users.getOrSet("ada", async () => ({ name: "Ada" }));
 */
export function createCache(options: CacheOptions): Cache {
  const { name = "main", generations = DEFAULT_GENERATIONS } = options;
  if (!NAME.test(name))
    throw refused("name", `"${name}" is not up to 64 letters, digits, \`_\`, \`.\` and \`-\`, a letter first`);
  if (options.redis !== undefined && options.store !== undefined) throw refused("store", "there is a `redis` too");
  const settings = { name, generations, storeTimeout: positive("storeTimeout", options.storeTimeout ?? "250ms") };
  const clock = options.clock ?? systemClock;
  const maxEntries = options.maxEntries ?? DEFAULT_ENTRIES;
  if (!Number.isInteger(maxEntries) || maxEntries < 1) throw refused("maxEntries", `${maxEntries} is no whole number above 0`);
  const engine = new Engine({
    name,
    clock,
    pulse: new Pulse(clock),
    memory: new MemoryTier(parseSize(options.maxBytes ?? "64mb"), maxEntries),
    touches: new TransactionTouches(),
    leaseTime: positive("leaseTime", options.leaseTime ?? "5s"),
    holder: `${hostname().replaceAll(/\s/g, "_")}/${process.pid}/${THREAD_INDEX}`,
  });
  return new CacheService(options, settings, engine);
}

const refused = (option: string, reason: string): Error => errors.OPTION_INVALID({ option, reason });

function positive(option: string, text: Duration): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === 0) throw refused(option, "it is 0");
  return milliseconds;
}

class CacheService implements Cache {
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly #options: CacheOptions;
  readonly #settings: Settings;
  readonly #engine: Engine;
  readonly #instance = Symbol("cache");
  readonly #invalidator: Invalidator;
  readonly #rooms = new Map<string, Room>();
  readonly actions: ServiceActions;
  #guard: StoreGuard | undefined;
  #nextCount: Timer | undefined;
  #stopParts: (() => Promise<void>) | undefined;

  constructor(options: CacheOptions, settings: Settings, engine: Engine) {
    this.#options = options;
    this.#settings = settings;
    this.#engine = engine;
    this.#invalidator = new Invalidator(engine);
    this.name = settings.name === "main" ? "cache" : `cache:${settings.name}`;
    this.actions = createActions({
      explain: (namespace, key) => this.explain(namespace, key),
      clear: (namespace) => this.clear(namespace),
      invalidateTags: (tags) => this.invalidateTags(tags),
      unsent: () => this.stats().unsent,
      gatherStats: () => this.#gatherStats(),
    });
    this.dependsOn = options.redis === undefined ? [] : [options.redis.name];
  }

  async start(): Promise<void> {
    if (this.#stopParts !== undefined) return;
    const { memory, log } = this.#options;
    const { name, generations: slots } = this.#settings;
    const { clock } = this.#engine;
    const generations = await GenerationTable.open(memory, name, slots);
    const receive = this.#receive.bind(this);
    const owner = this.#options.threadIndex ?? THREAD_INDEX;
    const isAlone = (): boolean => generations.threads <= 1;
    const report = (): CacheStats => this.stats();
    const siblings = await ThreadSiblings.open({
      memory,
      name,
      id: generations.id,
      threadIndex: owner,
      clock,
      receive,
      report,
      isAlone,
    });
    const store = this.#openStore();
    const guard =
      store === undefined
        ? undefined
        : new StoreGuard({
            store,
            cache: name,
            origin: generations.id,
            clock,
            log,
            invalidated: (targets) => this.#invalidator.forget(targets),
            settled: ({ namespace, id }) => this.#rooms.get(namespace)?.lookups.wake(id),
          });
    generations.enter();
    this.#guard = guard;
    this.#engine.parts = { generations, siblings, guard };
    this.#stopParts = async () => {
      this.#nextCount?.cancel();
      this.#announceCounts();
      this.#engine.parts = undefined;
      generations.leave();
      siblings.close();
      await guard?.stop();
    };
    // Before anything is waited for: a stop meanwhile must find it.
    this.#countLater();
    await guard?.start();
  }

  async stop(): Promise<void> {
    const stop = this.#stopParts;
    this.#stopParts = undefined;
    await stop?.();
  }

  #countLater(): void {
    this.#nextCount = this.#engine.clock.schedule(COUNTED_EVERY, () => {
      this.#announceCounts();
      this.#countLater();
    });
  }

  #announceCounts(): void {
    if (!cacheCounted.hasSubscribers) return;
    cacheCounted.publish({ cache: this.#settings.name, instance: this.#instance, stats: this.stats() });
  }

  #openStore(): CacheStore | undefined {
    const { redis, store } = this.#options;
    if (redis === undefined) return store;
    return new RedisStore({ redis, name: this.#settings.name, timeout: this.#settings.storeTimeout });
  }

  #receive(value: SharedValue): void {
    this.#rooms.get(value.namespace)?.shelf.receive(value);
  }

  namespace(name: string, options: SchemaNamespaceOptions | PlainNamespaceOptions): CacheNamespace<never> {
    const settings = namespaceSettings(name, options);
    if (this.#rooms.has(name)) throw errors.NAMESPACE_DUPLICATE({ namespace: name });
    const { schema } = options;
    const version = shapeVersion(name, schema, options.version);
    const shelf = new Shelf(this.#engine, { name, version, settings, schema });
    const lookups = new Lookups(shelf);
    const face = new Namespace<unknown, undefined>({ shelf, lookups, invalidator: this.#invalidator });
    this.#rooms.set(name, { shelf, lookups, face });
    return face as CacheNamespace<unknown, undefined> as CacheNamespace<never>;
  }

  async invalidateTags(tags: readonly string[]): Promise<void> {
    await this.#invalidator.invalidate(storableTags(tags).map((tag) => ({ kind: "tag", tag })));
  }

  /** Also one that only other programs have made: they share what the store holds. */
  clear(namespace?: string): Promise<void> {
    return this.#invalidator.invalidate([namespace === undefined ? { kind: "all" } : { kind: "namespace", namespace }]);
  }

  async explain(namespace: string, key: CacheKey): Promise<CacheExplanation> {
    const room = this.#rooms.get(namespace);
    if (room === undefined) throw errors.NAMESPACE_UNKNOWN({ namespace, known: [...this.#rooms.keys()] });
    return room.face.explain(key);
  }

  async #gatherStats(): Promise<readonly CacheStats[]> {
    const { siblings, generations } = this.#engine;
    const others = await siblings.gather(generations.threads - 1);
    return [this.stats(), ...(others as readonly CacheStats[])];
  }

  stats(): CacheStats {
    const namespaces = [...this.#rooms].map(([name, { shelf }]) => {
      const { entries, bytes } = shelf.memory;
      return [name, shelf.counters.snapshot(entries, bytes)] as const;
    });
    const guard = this.#guard;
    return {
      namespaces: Object.fromEntries(namespaces),
      store: guard === undefined ? "none" : guard.up ? "up" : "down",
      storeErrors: guard?.errors ?? 0,
      unsent: guard?.unsent ?? 0,
    };
  }
}
