import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Clock, Duration, Service, ServiceActions, SharedMemory, Size } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { Redis } from "../redis/contract.ts";
import type { CacheStore } from "./store-contract.ts";

/** What a value is filed under: a text that is not empty, or parts. `["a", "b"]`, `["a:b"]` and `"a:b"` are three keys, `[1]` and `["1"]` two. */
export type CacheKey = string | readonly (string | number)[];

export interface CacheOptions {
  /** Memory that all threads of the process share (`runtime.memory` of an app); `new SegmentTable()` for a single thread. */
  readonly memory: SharedMemory;
  /** Where values are kept for all machines. Without it each process caches for itself. */
  readonly redis?: Redis;
  /** In the place of Redis: another store that passes `cacheStoreSuite`. */
  readonly store?: CacheStore;
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Caches of one name share what they hold. The service is `cache`, or `cache:<name>`. Default `"main"`. */
  readonly name?: string;
  /** Most bytes of values in each thread, as `sizeOf` in README.md counts them. Default `"64mb"`. */
  readonly maxBytes?: Size;
  /** Most values in each thread. Default 100,000. */
  readonly maxEntries?: number;
  /**
   * Words of shared memory that remember what was invalidated, a power of two from 1,024. Default 262,144 (2 MB). With fewer, an
   * invalidation more often takes innocent values with it. The same in every thread.
   */
  readonly generations?: number;
  /** How long the store may take for an answer before it counts as down. Default `"250ms"`. */
  readonly storeTimeout?: Duration;
  /** How long the lease of a factory outlives its thread or machine. Renewed while the factory runs. Default `"5s"`. */
  readonly leaseTime?: Duration;
  /** Tells this thread from the others of the process. Default: `threadId` of `node:worker_threads`. */
  readonly threadIndex?: number;
}

/** How the values of a namespace are kept. */
export interface NamespaceBehaviour {
  /** How long a value is fresh. */
  readonly ttl: Duration;
  /** How long after that it may still be served while it is made anew, or when that fails. Default `"0ms"`: never. */
  readonly grace?: Duration;
  /** Tags of every value here. */
  readonly tags?: readonly string[];
  /** Shortens each `ttl` by a random part of it, from 0 to 1, so that what was stored together does not expire together. Default 0.1. */
  readonly jitter?: number;
  /** How long a caller waits for a fresh value when there is a stale one. Default `"0ms"`: it gets the stale one at once. */
  readonly softTimeout?: Duration;
  /** How long a caller waits at most. Default `"30s"`. */
  readonly hardTimeout?: Duration;
  /**
   * `"auto"` (default) never lets callers change what others get: plain data are frozen and shared, what holds dates, maps, sets or bytes is
   * copied for each. `"never"` shares those too: for callers that only read.
   */
  readonly copy?: "auto" | "never";
}

export interface SchemaNamespaceOptions extends NamespaceBehaviour {
  /** Checks what the factory makes and what comes from the store. It must accept its own output. */
  readonly schema: StandardSchemaV1;
  /** Raise it when the meaning of values changes and their shape does not. Needed when the schema has no JSON Schema form. */
  readonly version?: string | number;
  /** Lets factories give `undefined` or `null` for "there is none", and keeps that for so long; `"0ms"` does not keep it. */
  readonly negativeTtl?: Duration;
}

export interface PlainNamespaceOptions extends NamespaceBehaviour {
  readonly schema?: undefined;
  /** Raise it with every change of the values' shape: nothing else keeps a deploy from reading the old one. */
  readonly version: string | number;
  readonly negativeTtl?: Duration;
}

export interface WithNegatives {
  readonly negativeTtl: Duration;
}

/** What a factory is called with. */
export interface FactoryContext {
  /** Aborted when the hard time-out has passed: nobody waits any more. */
  readonly signal: AbortSignal;
  /** Adds tags, such as those of rows that the value was made from. */
  readonly setTags: (tags: readonly string[]) => void;
  /** Another `ttl` for this value. */
  readonly setTtl: (ttl: Duration) => void;
  /** Gives the value to those who wait and does not keep it. */
  readonly skip: () => void;
}

export type Factory<Result> = (context: FactoryContext) => Result | Promise<Result>;

/** What one call may decide for itself. */
export interface LookupOptions {
  readonly ttl?: Duration;
  readonly grace?: Duration;
  readonly tags?: readonly string[];
  readonly softTimeout?: Duration;
  readonly hardTimeout?: Duration;
}

export type SetOptions = Pick<LookupOptions, "ttl" | "grace" | "tags">;

/**
 * Values of one kind. `Absent` is `undefined` where the namespace keeps negatives.
 *
 * Inside a transaction `set`, `delete`, `invalidateTags` and `clear` wait for its commit, and what they touch is not read from the cache by that
 * transaction; values made in it are not kept.
 */
export interface CacheNamespace<Value, Absent extends undefined = never> {
  readonly name: string;
  /** The digest of the schema and the version, part of every storage key. */
  readonly version: string;
  /** The value from memory if it is fresh, without asking the store: synchronous, and the cheapest read. */
  peek(key: CacheKey): Value | undefined;
  /** The value if there is a fresh one. */
  get(key: CacheKey): Promise<Value | undefined>;
  /**
   * The value, made by the factory when there is none. However many ask at once, in whatever thread or machine, one factory runs.
   *
   * @throws what the factory throws when there is no stale value to fall back on; E_CACHE_FACTORY_TIMEOUT, E_CACHE_VALUE_INVALID,
   * E_CACHE_VALUE_UNSTORABLE
   */
  getOrSet(key: CacheKey, factory: Factory<Value | Absent | NullFor<Absent>>, options?: LookupOptions): Promise<Value | Absent>;
  /** @throws E_CACHE_VALUE_INVALID, E_CACHE_VALUE_UNSTORABLE */
  set(key: CacheKey, value: Value, options?: SetOptions): Promise<void>;
  delete(key: CacheKey): Promise<void>;
  /** Forgets all values of this namespace. */
  clear(): Promise<void>;
  explain(key: CacheKey): Promise<CacheExplanation>;
}

export type NullFor<Absent> = [Absent] extends [never] ? never : null;

export interface Cache extends Service {
  start(signal?: AbortSignal): Promise<void>;
  stop(signal?: AbortSignal): Promise<void>;
  /** Values that a schema describes. @throws E_CACHE_NAMESPACE_INVALID, E_CACHE_NAMESPACE_DUPLICATE, E_CACHE_VERSION_MISSING */
  namespace<Schema extends StandardSchemaV1>(
    name: string,
    options: SchemaNamespaceOptions & WithNegatives & { readonly schema: Schema },
  ): CacheNamespace<StandardSchemaV1.InferOutput<Schema>, undefined>;
  namespace<Schema extends StandardSchemaV1>(
    name: string,
    options: SchemaNamespaceOptions & { readonly schema: Schema },
  ): CacheNamespace<StandardSchemaV1.InferOutput<Schema>>;
  namespace<Value>(name: string, options: PlainNamespaceOptions & WithNegatives): CacheNamespace<Value, undefined>;
  namespace<Value>(name: string, options: PlainNamespaceOptions): CacheNamespace<Value>;
  /** Forgets every value that has one of these tags, in all namespaces, threads and machines. */
  invalidateTags(tags: readonly string[]): Promise<void>;
  /** Forgets all values of a namespace, or of all of them. */
  clear(namespace?: string): Promise<void>;
  /** By the name of the namespace: an operator's view. @throws E_CACHE_NAMESPACE_UNKNOWN */
  explain(namespace: string, key: CacheKey): Promise<CacheExplanation>;
  /** What this thread counted. */
  stats(): CacheStats;
  /** What operators may do: `plinth cache explain|clear|stats`. */
  readonly actions: ServiceActions;
}

/** What happened in one namespace of one thread since it started. */
export interface NamespaceStats {
  /** Fresh values found in memory. */
  readonly memoryHits: number;
  /** Fresh values found in the store. */
  readonly storeHits: number;
  /** Stale values served, for whatever reason. */
  readonly staleHits: number;
  readonly misses: number;
  readonly factoryCalls: number;
  readonly factoryErrors: number;
  /** Times that a value was awaited which another thread or machine was making. */
  readonly leaseWaits: number;
  /** Values that were made before an invalidation and therefore not kept. */
  readonly refused: number;
  /** Values of the store that could not be read or do not fit the schema. */
  readonly corrupt: number;
  readonly entries: number;
  readonly bytes: number;
}

export interface CacheStats {
  readonly namespaces: Readonly<Record<string, NamespaceStats>>;
  /** `none` without a store. */
  readonly store: "none" | "up" | "down";
  readonly storeErrors: number;
  /** Invalidations that the store has not been told yet. */
  readonly unsent: number;
}

/** What all threads of a process counted. */
export interface ProcessStats extends CacheStats {
  /** How many threads answered. */
  readonly threads: number;
}

/** Where a value is, and what about it. */
export interface CacheExplanation {
  readonly namespace: string;
  readonly key: string;
  /** The name it is kept under, as Redis sees it after its prefix. */
  readonly storageKey: string;
  readonly version: string;
  /** In this thread. */
  readonly memory: EntryExplanation | undefined;
  /** In the store; undefined when it is not there or the store is down. */
  readonly store: EntryExplanation | undefined;
  /** Who makes it at the moment, as `host/process/thread`. */
  readonly leaseHolder: string | undefined;
}

export interface EntryExplanation {
  /** `invalid`: there, but invalidated meanwhile, and never served. */
  readonly state: "fresh" | "stale" | "expired" | "invalid";
  /** Milliseconds since it was stored. */
  readonly age: number;
  /** Milliseconds until it is stale; not above 0 once it is. */
  readonly freshFor: number;
  /** Milliseconds until it is gone. */
  readonly staleFor: number;
  readonly bytes: number;
  readonly tags: readonly string[];
  /** Whether it says that there is no such value. */
  readonly negative: boolean;
}
