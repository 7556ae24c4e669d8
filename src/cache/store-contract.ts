import type { Service } from "../core/mod.ts";

/** A point in the store's own order of invalidations. Opaque: only the store that gave it can compare it. */
export type StoreStamp = string;

/** Where a value is kept, and what can invalidate it besides its tags. */
export interface StoreKey {
  readonly namespace: string;
  /** Of the namespace: a digest without `:`. */
  readonly version: string;
  /** At most 200 characters, none of them a control character. */
  readonly id: string;
}

/** A value as it is kept. */
export interface StoredValue {
  /** Empty for a negative. */
  readonly payload: Uint8Array;
  readonly negative: boolean;
  readonly tags: readonly string[];
  /** Wall-clock milliseconds at which it was made: for people. */
  readonly createdAt: number;
}

export interface ReadValue extends StoredValue {
  /** Milliseconds left; 0 or less when stale. */
  readonly freshFor: number;
  /** Milliseconds until it is gone, always above 0. */
  readonly staleFor: number;
}

/** The right to make a value, held by one at a time until it is given back or runs out. */
export interface LeaseRequest {
  /** Names the holder: unlike any other. */
  readonly token: string;
  readonly milliseconds: number;
}

export interface StoreReading {
  /** Valid, and fresh or stale. */
  readonly value: ReadValue | undefined;
  /** Present when no fresh value was found: what a value made from now on must be written with. */
  readonly stamp: StoreStamp | undefined;
  /** `granted` to this request; `busy` when another holds it; `none` when a fresh value was found or no lease was asked for. */
  readonly lease: "granted" | "busy" | "none";
}

export interface StoreWrite {
  readonly value: StoredValue;
  readonly freshFor: number;
  /** Milliseconds, at least `freshFor`. */
  readonly staleFor: number;
}

export interface StoreInspection {
  readonly value: ReadValue | undefined;
  /** It is there, but invalidated. */
  readonly invalid: boolean;
  readonly leaseHolder: string | undefined;
}

/** What can be invalidated: a value in all versions, what carries a tag, a namespace, everything. */
export type InvalidationTarget =
  | { readonly kind: "key"; readonly namespace: string; readonly id: string }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "namespace"; readonly namespace: string }
  | { readonly kind: "all" };

/** What a store tells those who listen. */
export interface StoreListener {
  /** Somebody else invalidated these. */
  invalidated(targets: readonly InvalidationTarget[]): void;
  /** A value that was awaited is there, or its lease is free. */
  settled(key: StoreKey): void;
  /** News may have been lost. */
  gap(): void;
  /** The store may be asked again. */
  ready(): void;
}

/**
 * Where values are kept for all threads and machines. Every method rejects when it cannot be done now, within a bounded time; nothing
 * is retried inside. An implementation passes `cacheStoreSuite` of `plinth/testing`.
 *
 * - What was invalidated is never read again, whatever was stored before the invalidation and under whichever version.
 * - A value written with a stamp from before an invalidation of its key, namespace or tags is refused.
 * - A store that lost invalidations (restarted, emptied, replaced by a replica) has lost every value too, as far as readers can tell.
 * - Bounded: every value goes away by itself, and what is remembered of invalidations does not grow without end.
 */
export interface CacheStore extends Service {
  /**
   * Makes sure that the store is the one that was known, or forgets what it holds. Called before first use and after every failure.
   *
   * @param origin names the process: it is not told of its own invalidations
   */
  attach(origin: string): Promise<void>;
  read(key: StoreKey, lease?: LeaseRequest): Promise<StoreReading>;
  /**
   * Stores a value made after `stamp`, unless what it was made from has been invalidated since. Gives the lease back.
   *
   * @returns whether it was stored
   */
  write(key: StoreKey, write: StoreWrite, made: { readonly stamp: StoreStamp; readonly token?: string }): Promise<boolean>;
  /** Stores a value that is newer than all before it, whatever is being made. */
  replace(key: StoreKey, write: StoreWrite): Promise<void>;
  /** Gives a lease back without a value. */
  release(key: StoreKey, token: string): Promise<void>;
  /** @returns whether it was still held */
  renew(key: StoreKey, lease: LeaseRequest): Promise<boolean>;
  invalidate(targets: readonly InvalidationTarget[]): Promise<void>;
  inspect(key: StoreKey): Promise<StoreInspection>;
  /** Tells one listener. Resolves once it hears. */
  listen(listener: StoreListener): Promise<() => Promise<void>>;
}
