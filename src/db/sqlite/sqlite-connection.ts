import { DatabaseSync } from "node:sqlite";
import type { QueryResult } from "kysely";
import type { Clock } from "../../core/mod.ts";
import type { BeginSettings, DriverConnection, StatementOptions } from "../contract.ts";
import { waitAwake } from "../wait-awake.ts";
import { SqliteStatements } from "./sqlite-statements.ts";

/** SQLITE_BUSY and SQLITE_LOCKED; the low byte of a result code is its family. */
const LOCKED = new Set([5, 6]);
/** SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB: nothing good comes of using the connection again. */
const BREAKING = new Set([10, 11, 26]);
/** Milliseconds between two attempts at a lock: short at first, because most writers are quick. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 25;

/** The result code of an error of SQLite; undefined for other errors. */
export function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code : undefined;
}

/** The wait for a lock was ended from outside. */
export class SqliteCancelled extends Error {
  override readonly name: string = "SqliteCancelled";
}

/** Errors after which SQLite had rolled the whole transaction back by itself. */
export const endedTransactions: WeakSet<object> = new WeakSet();

export interface SqliteConnectionOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly clock: Clock;
  /** Milliseconds to try for a lock that another process or thread holds. */
  readonly lockTimeout: number;
}

/** One handle on the file. SQLite itself never waits: a lock that is taken is tried again between other work of the event loop. */
export class SqliteConnection implements DriverConnection {
  readonly #database: DatabaseSync;
  readonly #statements: SqliteStatements;
  readonly #options: SqliteConnectionOptions;
  #broken = false;
  #waiting: AbortController | undefined;
  #queryOnly = false;

  constructor(options: SqliteConnectionOptions) {
    this.#options = options;
    this.#database = new DatabaseSync(options.path, {
      readOnly: options.readOnly,
      timeout: 0,
      enableForeignKeyConstraints: true,
    });
    this.#statements = new SqliteStatements(this.#database);
  }

  get broken(): boolean {
    return this.#broken;
  }

  get inTransaction(): boolean {
    return this.#database.isOpen && this.#database.isTransaction;
  }

  async execute(sql: string, parameters: readonly unknown[], options: StatementOptions): Promise<QueryResult<unknown>> {
    const wasInTransaction = this.inTransaction;
    try {
      return this.#statements.run(sql, parameters, options.prepare);
    } catch (error) {
      if (!this.#isLocked(error)) throw this.#note(error, wasInTransaction);
    }
    return this.#patiently(() => this.#statements.run(sql, parameters, options.prepare));
  }

  async *stream(sql: string, parameters: readonly unknown[], chunkSize: number): AsyncGenerator<readonly unknown[], void> {
    const rows = this.#statements.iterate(sql, parameters);
    try {
      let chunk = await this.#patiently(() => takeChunk(rows, chunkSize));
      while (chunk.length > 0) {
        yield chunk;
        // Lets the event loop go on: neither SQLite nor a consumer that awaits nothing would.
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#broken) throw new SqliteCancelled("The connection was closed.");
        chunk = takeChunk(rows, chunkSize);
      }
    } finally {
      rows.return();
    }
  }

  async begin({ readOnly }: BeginSettings): Promise<void> {
    if (readOnly && !this.#options.readOnly) {
      this.#database.exec("pragma query_only = 1");
      this.#queryOnly = true;
    }
    // A writer takes its lock at once: one that had to upgrade later could fail after half its work.
    const begin = readOnly ? "begin" : "begin immediate";
    await this.#patiently(() => this.#database.exec(begin));
  }

  async commit(): Promise<void> {
    await this.#patiently(() => this.#database.exec("commit"));
    this.#allowWrites();
  }

  async rollback(): Promise<void> {
    if (this.inTransaction) this.#database.exec("rollback");
    this.#allowWrites();
  }

  #allowWrites(): void {
    if (!this.#queryOnly) return;
    this.#queryOnly = false;
    this.#database.exec("pragma query_only = 0");
  }

  /** Ends a wait for a lock. A statement that runs cannot be ended: it blocks the event loop, this call included. */
  cancel(): Promise<void> {
    this.#waiting?.abort();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#broken = true;
    this.#waiting?.abort();
    if (this.#database.isOpen) this.#database.close();
  }

  async #patiently<Result>(work: () => Result): Promise<Result> {
    const { clock, lockTimeout } = this.#options;
    const end = clock.monotonic() + lockTimeout;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const wasInTransaction = this.inTransaction;
      try {
        return work();
      } catch (error) {
        const isOver = clock.monotonic() + pause > end;
        if (isOver || !this.#isLocked(error)) throw this.#note(error, wasInTransaction);
      }
      this.#waiting = new AbortController();
      const { signal } = this.#waiting;
      // Spread, so that two who wait do not meet again.
      // oxlint-disable-next-line no-await-in-loop -- waiting is what this loop is for
      await waitAwake(clock, pause * (0.5 + Math.random() / 2), signal);
      this.#waiting = undefined;
      if (signal.aborted) throw new SqliteCancelled("The wait for a lock was ended.");
    }
  }

  #isLocked(error: unknown): boolean {
    return LOCKED.has((resultCode(error) ?? 0) & 0xff);
  }

  #note(error: unknown, wasInTransaction: boolean): unknown {
    if (BREAKING.has((resultCode(error) ?? 0) & 0xff)) this.#broken = true;
    if (wasInTransaction && !this.inTransaction && typeof error === "object" && error !== null) endedTransactions.add(error);
    return error;
  }
}

function takeChunk(rows: Iterator<unknown, void>, size: number): unknown[] {
  const chunk: unknown[] = [];
  while (chunk.length < size) {
    const next = rows.next();
    if (next.done === true) break;
    chunk.push(next.value);
  }
  return chunk;
}
