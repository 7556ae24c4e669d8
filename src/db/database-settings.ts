import { type Clock, type Duration, type Secret, parseDuration, systemClock, threadCount } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { DatabaseDriver } from "./contract.ts";
import { errors } from "./errors.ts";

export interface DatabaseOptions {
  /**
   * `sqlite:./data/app.db`, `sqlite::memory:`, `postgres://user:password@host/name`, `mysql://user:password@host/name`, with parameters
   * such as `?sslmode=verify-full`. Give it or {@link driver}.
   */
  readonly url?: string | Secret;
  /** A driver of your own. */
  readonly driver?: DatabaseDriver;
  /** Replicas for `db.read`, of the same engine as the primary. Default none. */
  readonly replicaUrls?: readonly (string | Secret)[];
  /** The service's name. Default `"database"`. */
  readonly name?: string;
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Connections of the whole process to each server, shared out among its threads. Default 20; at least 2 per thread. */
  readonly connections?: number;
  /** How many threads of the process open this database. Default: as many as run the app. */
  readonly threads?: number;
  /** How long a caller waits for a connection before it gets a 503. Default `"2s"`. */
  readonly acquireTimeout?: Duration;
  /** How long a statement may take; less when the deadline of its context comes first. Default `"30s"`. */
  readonly statementTimeout?: Duration;
  /** How long opening a connection may take. Default `"5s"`. */
  readonly connectTimeout?: Duration;
  /** After how long an unused connection is closed. Default `"5m"`. */
  readonly idleTimeout?: Duration;
  /** After how long a connection is replaced, so that load balancers and changed settings get their turn. Default `"30m"`. */
  readonly maxLifetime?: Duration;
  /** From how long a statement is logged as slow, with its text and without its values. Default `"500ms"`. */
  readonly slowQuery?: Duration;
  /** How long a transaction may go without a statement before it is rolled back. Default `"30s"`. */
  readonly transactionIdleTimeout?: Duration;
  /** SQLite: how long to try for a lock that another process holds. Default `"5s"`. */
  readonly lockTimeout?: Duration;
  /**
   * Ends every statement of a request or job with its `traceparent` as a comment, for the server's own logs. Such a statement is new text
   * each time: it is not prepared on PostgreSQL, and prepared for one use on MySQL. Default false.
   */
  readonly sqlComments?: boolean;
}

/** Options, resolved. Times in milliseconds. */
export interface DatabaseSettings {
  readonly name: string;
  readonly log: Logger | undefined;
  readonly clock: Clock;
  readonly poolSize: number;
  readonly acquireTimeout: number;
  readonly statementTimeout: number;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly maxLifetime: number;
  readonly slowQuery: number;
  readonly transactionIdleTimeout: number;
  readonly lockTimeout: number;
  readonly sqlComments: boolean;
}

/** @throws E_DB_OPTION_INVALID, E_CORE_DURATION_INVALID */
export function resolveSettings(options: DatabaseOptions): DatabaseSettings {
  const connections = positive("connections", options.connections ?? 20);
  const threads = positive("threads", options.threads ?? threadCount());
  return {
    name: options.name ?? "database",
    log: options.log,
    clock: options.clock ?? systemClock,
    poolSize: Math.max(2, Math.floor(connections / threads)),
    acquireTimeout: parseDuration(options.acquireTimeout ?? "2s"),
    statementTimeout: parseDuration(options.statementTimeout ?? "30s"),
    connectTimeout: parseDuration(options.connectTimeout ?? "5s"),
    idleTimeout: parseDuration(options.idleTimeout ?? "5m"),
    maxLifetime: parseDuration(options.maxLifetime ?? "30m"),
    slowQuery: parseDuration(options.slowQuery ?? "500ms"),
    transactionIdleTimeout: parseDuration(options.transactionIdleTimeout ?? "30s"),
    lockTimeout: parseDuration(options.lockTimeout ?? "5s"),
    sqlComments: options.sqlComments ?? false,
  };
}

function positive(option: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw errors.OPTION_INVALID({ option, reason: `${value} is no whole number from 1` });
  return value;
}
