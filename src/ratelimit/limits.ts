import type { Clock, Duration, Service, ServiceActions, SharedMemory } from "../core/mod.ts";
import type { Database } from "../db/mod.ts";
import type { LimitDecision, LimitRule } from "../http/contract.ts";
import type { Logger } from "../log/contract.ts";
import type { Redis } from "../redis/mod.ts";
import type { AccessEntry } from "./access-list.ts";
import type { Offender } from "./offender-table.ts";

export interface LimitsOptions<Schema = unknown> {
  /** Memory that all threads of the process share: `runtime.memory` in an app. */
  readonly memory: SharedMemory;
  readonly clock?: Clock;
  /** Told when the store goes and when it is back. */
  readonly log?: Logger;
  /** Counts there, for all machines. It must be started before: name it among the app's services too. */
  readonly redis?: Redis;
  /**
   * Counts there instead, for all machines and beyond restarts; a call costs a transaction of its own. Its tables are made by `limitTable()` in
   * a migration. With `redis` too, that counts.
   */
  readonly db?: Database<Schema>;
  /** The table in `db`. Default `"rate_limits"`. */
  readonly table?: string;
  /** What keys in Redis start with, after the client's own prefix. Default `"limits:"`. */
  readonly prefix?: string;
  /** Milliseconds to wait for the store, once per outage; from then on each limit degrades as it says. Default 250. */
  readonly timeout?: number;
  /** How many keys the memory of the process remembers: a power of two. Default 65536 (2.1 MB). The same in every thread. */
  readonly entries?: number;
  /** Addresses, networks and keys that are never limited. */
  readonly allow?: readonly string[];
  /** Addresses, networks and keys that are answered 403, wherever a limit is. */
  readonly block?: readonly string[];
  /** The service's name. Default `"limits"`. */
  readonly name?: string;
}

/** What a limit says of one key. */
export interface LimitState {
  readonly policy: string;
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** One limit, counted outside of HTTP: by jobs, by clients. It shares its counts with the routes that have the same value. */
export interface RuleMeter {
  /**
   * Takes from the key's quota, and degrades as the rule says. A rule that only watches lets everything pass.
   *
   * @param key a text that is not empty
   * @param cost whole units. Default 1
   * @throws E_RATELIMIT_KEY_INVALID, E_RATELIMIT_COST_INVALID
   */
  take(key: string, cost?: number): Promise<LimitDecision>;
}

export interface BanOptions {
  /** For how long. Default: until it is lifted. */
  readonly for?: Duration;
  /** Shown to operators. */
  readonly reason?: string;
}

/** What counts for the limits of an app. Made by `createLimits`. */
export interface Limits extends Service {
  /** What operators may do to it by `plinth limits`. */
  readonly actions: ServiceActions;
  /** Whether the store is taken to be away, and limits degrade. */
  readonly isDegraded: boolean;
  /** @param rule made by `rate` or `quota` */
  meter(rule: LimitRule): RuleMeter;
  /** Answers 403 to an address, a network or a key, wherever a limit is. In all threads at once, on other machines within 5 seconds. */
  ban(subject: string, options?: BanOptions): Promise<void>;
  /** Stops limiting an address, a network or a key. */
  allow(subject: string, options?: BanOptions): Promise<void>;
  /** Takes back what was said of a subject by `ban` or `allow`. */
  unban(subject: string): Promise<void>;
  /** Who is blocked and who is let through, what the program was set up with included. */
  access(): readonly AccessEntry[];
  /** By which of these a key is blocked or let through, as an address, the network of one, or a key that limits count; null when it is neither. */
  accessOf(key: string): AccessEntry | null;
  /** What every limit that has been opened says of a key. @param route for limits that count `perRoute` */
  show(key: string, route?: string): Promise<readonly LimitState[]>;
  /** Forgets what a key has used, of one limit or of all. @returns the names of the limits */
  reset(key: string, options?: ResetOptions): Promise<readonly string[]>;
  /** The keys that this process has refused most, at most 128. */
  top(most?: number): readonly Offender[];
}

export interface ResetOptions {
  readonly policy?: string;
  /** For limits that count `perRoute`. */
  readonly route?: string;
}
