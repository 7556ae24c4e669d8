import { type Channel, openTypedChannel } from "../core/mod.ts";

/** A call was refused because the table's lock could not be had in time: a thread died inside, or the machine is starved. */
export interface LockTimeout {
  /** The policy that was to be counted. */
  readonly policy: string;
  /** Index of the thread that held the lock; -1 when it was given back just then. */
  readonly holder: number;
}

export const lockTimeouts: Channel<LockTimeout> = openTypedChannel("plinth:ratelimit:lock-timeout");
