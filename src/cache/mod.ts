export {
  type CacheCounted,
  type CacheFault,
  type CacheFill,
  type CacheLeaseWait,
  type CacheRead,
  cacheCounted,
  cacheFaults,
  cacheFills,
  cacheLeaseWaits,
  cacheReads,
} from "./channels.ts";
export type {
  Cache,
  CacheExplanation,
  CacheKey,
  CacheNamespace,
  CacheOptions,
  CacheStats,
  EntryExplanation,
  Factory,
  FactoryContext,
  LookupOptions,
  NamespaceStats,
  PlainNamespaceOptions,
  ProcessStats,
  SchemaNamespaceOptions,
  SetOptions,
} from "./contract.ts";
export { createCache } from "./create-cache.ts";
export { type ResponseCacheOptions, cacheResponse } from "./http.ts";
export { errors } from "./errors.ts";
export { type MemoryStore, createMemoryStore } from "./memory-store.ts";
export { RedisStore, type RedisStoreOptions } from "./redis-store.ts";
export type {
  CacheStore,
  InvalidationTarget,
  LeaseRequest,
  ReadValue,
  StoreInspection,
  StoreKey,
  StoreListener,
  StoreReading,
  StoreStamp,
  StoreWrite,
  StoredValue,
} from "./store-contract.ts";
