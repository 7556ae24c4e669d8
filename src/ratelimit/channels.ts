import { type Channel, openTypedChannel } from "../core/mod.ts";
import type { DegradeMode } from "./contract.ts";

/** A call was refused because the table's lock could not be had in time: a thread died inside, or the machine is starved. */
export interface LockTimeout {
  /** The policy that was to be counted. */
  readonly policy: string;
  /** Index of the thread that held the lock; -1 when it was given back just then. */
  readonly holder: number;
}

export const lockTimeouts: Channel<LockTimeout> = openTypedChannel("plinth:ratelimit:lock-timeout");

/** A call was refused because its quota was spent; or would have been, by a limit that only watches. */
export interface LimitRefused {
  readonly policy: string;
  readonly shadow: boolean;
}

export const limitRefused: Channel<LimitRefused> = openTypedChannel("plinth:ratelimit:refused");

/** A call was decided without the store, which was away or slow. */
export interface LimitDegraded {
  readonly policy: string;
  readonly mode: DegradeMode;
}

export const limitDegraded: Channel<LimitDegraded> = openTypedChannel("plinth:ratelimit:degraded");

/** A store went, or is back. */
export interface StoreChanged {
  readonly store: string;
  readonly state: "up" | "down";
  /** Why it went. */
  readonly error: Error | undefined;
}

export const storeChanged: Channel<StoreChanged> = openTypedChannel("plinth:ratelimit:store-changed");
