import type { CompiledQuery, Kysely, QueryResult } from "kysely";
import type { Duration, Service } from "../core/mod.ts";
import type { AfterTask } from "./transaction-scope.ts";

/** The SQL that a database speaks. MariaDB is `"mysql"`. */
export type DatabaseDialect = "sqlite" | "postgres" | "mysql";

/** Weaker levels may be served by a stronger one: PostgreSQL has no `read uncommitted`, SQLite is always `serializable`. */
export type Isolation = "read uncommitted" | "read committed" | "repeatable read" | "serializable";

export interface TransactionOptions {
  /** Default: the server's (PostgreSQL `read committed`, MySQL `repeatable read`, SQLite `serializable`). */
  readonly isolation?: Isolation;
  /** Refuses writes, on the server where it can. On SQLite it also leaves the one writer to others. Default false. */
  readonly readOnly?: boolean;
  /** How often the function is run again after a deadlock or a serialization failure. Default 5. */
  readonly retries?: number;
  /** How long everything may take, retries and waiting for a connection included. Default: until the deadline of the context. */
  readonly deadline?: Duration;
}

/** A transaction that is under way. */
export interface Transaction<Schema> {
  /** Queries of this transaction, also where its context is lost. Not usable once it has ended. */
  readonly query: Kysely<Schema>;
  /** Has a task done after the outermost commit. Forgotten on rollback and before every retry. */
  afterCommit(task: AfterTask): void;
}

export interface PoolState {
  /** Connections that exist or are being made. */
  readonly open: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  readonly size: number;
}

/** A database, however it is reached. Made by `createDatabase`; an app starts and stops it, elsewhere `await using` stops it. */
export interface Database<Schema> extends Service, AsyncDisposable {
  readonly dialect: DatabaseDialect;
  /** Typed queries. Inside {@link Database.transaction} they are the transaction's, wherever the code stands. */
  readonly query: Kysely<Schema>;
  /** As `query`, on a replica where there is a healthy one. Replicas lag: not for reading what was just written. */
  readonly read: Kysely<Schema>;
  /** Connections to the primary. */
  readonly pool: PoolState;
  /**
   * Runs a function in a transaction: commits when it returns, rolls back when it throws. Runs it **again** after a deadlock or a
   * serialization failure, so everything it does besides queries belongs in `afterCommit`. Inside another transaction it is a savepoint.
   */
  transaction<Result>(run: (tx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
  transaction<Result>(options: TransactionOptions, run: (tx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
}

/** What went wrong, in words that every engine shares. */
export type FailureKind =
  | "unique"
  | "foreign-key"
  | "not-null"
  | "check"
  | "serialization"
  | "deadlock"
  | "busy"
  | "read-only"
  | "cancelled"
  | "lost"
  | "unavailable"
  /** A prepared statement that the server does not know or can no longer use. */
  | "stale-statement"
  | "other";

/** An engine's error, classified. */
export interface DriverFailure {
  readonly kind: FailureKind;
  /** The server has rolled the whole transaction back: nothing more may run in it. */
  readonly endsTransaction?: boolean | undefined;
  readonly constraint?: string | undefined;
  readonly table?: string | undefined;
  readonly columns?: readonly string[] | undefined;
}

export interface BeginSettings {
  readonly isolation?: Isolation | undefined;
  readonly readOnly: boolean;
}

export interface StatementOptions {
  /** Whether the statement may be prepared and kept for its next use. */
  readonly prepare: boolean;
}

/**
 * One session with the server. The room calls one method at a time, except `cancel` and `destroy`, which may come in the middle of any.
 * Errors are the engine's own: the room classifies them by {@link DatabaseDriver.classify}.
 */
export interface DriverConnection {
  /** The session has ended or cannot be trusted; it is thrown away instead of given back. */
  readonly broken: boolean;
  /** A transaction is open, as far as the server has said. */
  readonly inTransaction: boolean;
  /**
   * Runs one statement. Parameters travel apart from the text, never as literals in it. Rows are plain objects; whole numbers beyond 2^53
   * and decimals are strings; `numAffectedRows` counts rows matched.
   */
  execute(sql: string, parameters: readonly unknown[], options: StatementOptions): Promise<QueryResult<unknown>>;
  /**
   * Rows in chunks, fetched as they are asked for. After `return()` or the last chunk the session is ready for the next statement, or
   * `broken`.
   */
  stream(sql: string, parameters: readonly unknown[], chunkSize: number): AsyncIterableIterator<readonly unknown[]>;
  begin(settings: BeginSettings): Promise<void>;
  /** Resolves only when the server has said that it is committed. */
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /**
   * Ends the statement that is running, which then fails as `"cancelled"`. Resolves when the server has taken the request, so that it cannot
   * meet a statement that is started later.
   */
  cancel(): Promise<void>;
  /** Says good-bye. */
  close(): Promise<void>;
  /** Ends the session at once; whatever is running rejects. */
  destroy(): void;
}

/** What a session is for. */
export type ConnectionUse = "write" | "read";

/**
 * The port to an engine. Implementations pass `databaseDriverSuite` of `plinth/testing`. Everything that drivers have in common is in the
 * room: pools, time-outs, deadlines, retries, announcements.
 */
export interface DatabaseDriver {
  readonly dialect: DatabaseDialect;
  /** The server and database, without secrets, for messages. */
  readonly target: string;
  /** Only one session may write: the engine allows no more (SQLite). */
  readonly singleWriter: boolean;
  /** Plain reads get sessions of their own. Only together with `singleWriter`. */
  readonly separateReaders: boolean;
  /** Whether a statement only reads, where sessions for reading are separate. */
  isRead(query: CompiledQuery): boolean;
  /**
   * Opens a session, ready for use.
   *
   * @param use write: may do everything; read: is only given what `isRead` said yes to
   * @param timeout milliseconds
   */
  connect(use: ConnectionUse, timeout: number): Promise<DriverConnection>;
  classify(error: unknown): DriverFailure;
}
