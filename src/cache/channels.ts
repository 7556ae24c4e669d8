import { type Channel, openTypedChannel } from "../core/mod.ts";
import type { CacheStats } from "./contract.ts";
import type { ReadOutcome } from "./counters.ts";

/** A value was asked for. */
export interface CacheRead {
  readonly cache: string;
  readonly namespace: string;
  readonly outcome: ReadOutcome;
}

/** A factory has ended. */
export interface CacheFill {
  readonly cache: string;
  readonly namespace: string;
  readonly key: string;
  readonly outcome: "stored" | "refused" | "skipped" | "failed" | "timeout";
  /** Why, when it failed. */
  readonly error: Error | undefined;
  /** Milliseconds that it took. */
  readonly milliseconds: number;
}

/** A value was awaited that another thread or machine makes. */
export interface CacheLeaseWait {
  readonly cache: string;
  readonly namespace: string;
  readonly key: string;
}

/** Something went wrong that no caller was told. */
export interface CacheFault {
  readonly cache: string;
  /** `corrupt`: a value of the store was unreadable. `store`: the store failed. `lost`: an invalidation awaits the store's return. */
  readonly kind: "corrupt" | "store" | "lost";
  readonly namespace: string | undefined;
  readonly error: Error;
}

/** What a cache of this thread has counted since it was made. Said every five seconds while somebody listens, and when it stops. */
export interface CacheCounted {
  readonly cache: string;
  /** Tells caches of one name in one thread apart. */
  readonly instance: symbol;
  readonly stats: CacheStats;
}

export const cacheCounted: Channel<CacheCounted> = openTypedChannel<CacheCounted>("plinth:cache:counted");
export const cacheReads: Channel<CacheRead> = openTypedChannel<CacheRead>("plinth:cache:read");
export const cacheFills: Channel<CacheFill> = openTypedChannel<CacheFill>("plinth:cache:fill");
export const cacheLeaseWaits: Channel<CacheLeaseWait> = openTypedChannel<CacheLeaseWait>("plinth:cache:lease-wait");
export const cacheFaults: Channel<CacheFault> = openTypedChannel<CacheFault>("plinth:cache:fault");
