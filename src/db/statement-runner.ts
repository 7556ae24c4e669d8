import type { CompiledQuery, QueryResult } from "kysely";
import type { ConnectionUse, DatabaseDriver } from "./contract.ts";
import type { Pool } from "./pool.ts";
import { NO_LIMITS, type Session, type StatementLimits } from "./session.ts";
import { type ActiveTransaction, type TransactionHost, findTransaction } from "./transaction.ts";

/** Where the statements of a Kysely go. */
export interface StatementRunner {
  execute(query: CompiledQuery, signal: AbortSignal | undefined): Promise<QueryResult<unknown>>;
  stream(query: CompiledQuery, chunkSize: number, signal: AbortSignal | undefined): AsyncIterableIterator<readonly unknown[]>;
  /** Lends a session for as long as the consumer runs. */
  lend<Result>(consumer: (session: Session, limits: StatementLimits) => Promise<Result>): Promise<Result>;
}

/** Runs statements on whatever pool fits, or in the transaction that the code stands in. */
export class PoolRunner implements StatementRunner {
  readonly #host: TransactionHost;
  readonly #driver: DatabaseDriver;
  readonly #choose: (use: ConnectionUse) => Pool<Session>;

  /** @param choose the pool for a statement; asked for each */
  constructor(host: TransactionHost, driver: DatabaseDriver, choose: (use: ConnectionUse) => Pool<Session>) {
    this.#host = host;
    this.#driver = driver;
    this.#choose = choose;
  }

  async execute(query: CompiledQuery, signal: AbortSignal | undefined): Promise<QueryResult<unknown>> {
    const transaction = findTransaction(this.#host);
    const limits = limitsOf(transaction, signal);
    if (transaction !== undefined) {
      if (transaction.running !== undefined) await transaction.turn();
      return transaction.session.execute(query.sql, query.parameters, limits);
    }
    const pool = this.#poolFor(query);
    const session = pool.take() ?? (await pool.acquire());
    try {
      return await session.execute(query.sql, query.parameters, limits);
    } finally {
      pool.release(session);
    }
  }

  async *stream(
    query: CompiledQuery,
    chunkSize: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly unknown[], void> {
    const transaction = findTransaction(this.#host);
    const options = { ...limitsOf(transaction, signal), chunkSize };
    if (transaction !== undefined) {
      await transaction.turn();
      return yield* transaction.session.stream(query.sql, query.parameters, options);
    }
    const pool = this.#poolFor(query);
    const session = pool.take() ?? (await pool.acquire());
    try {
      yield* session.stream(query.sql, query.parameters, options);
    } finally {
      pool.release(session);
    }
  }

  async lend<Result>(consumer: (session: Session, limits: StatementLimits) => Promise<Result>): Promise<Result> {
    const transaction = findTransaction(this.#host);
    if (transaction !== undefined) return consumer(transaction.session, transaction.limits);
    const pool = this.#choose("write");
    const session = await pool.acquire();
    try {
      return await consumer(session, NO_LIMITS);
    } finally {
      pool.release(session);
    }
  }

  #poolFor(query: CompiledQuery): Pool<Session> {
    return this.#choose(this.#driver.separateReaders && this.#driver.isRead(query) ? "read" : "write");
  }
}

/** Runs statements in one transaction, wherever the code stands. */
export class TransactionRunner implements StatementRunner {
  readonly #transaction: ActiveTransaction;

  constructor(transaction: ActiveTransaction) {
    this.#transaction = transaction;
  }

  async execute(query: CompiledQuery, signal: AbortSignal | undefined): Promise<QueryResult<unknown>> {
    if (this.#transaction.running !== undefined) await this.#transaction.turn();
    return this.#open().session.execute(query.sql, query.parameters, limitsOf(this.#transaction, signal));
  }

  async *stream(
    query: CompiledQuery,
    chunkSize: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly unknown[], void> {
    const options = { ...limitsOf(this.#transaction, signal), chunkSize };
    await this.#transaction.turn();
    yield* this.#transaction.session.stream(query.sql, query.parameters, options);
  }

  async lend<Result>(consumer: (session: Session, limits: StatementLimits) => Promise<Result>): Promise<Result> {
    return consumer(this.#open().session, this.#transaction.limits);
  }

  #open(): ActiveTransaction {
    this.#transaction.assertOpen();
    return this.#transaction;
  }
}

function limitsOf(transaction: ActiveTransaction | undefined, signal: AbortSignal | undefined): StatementLimits {
  const limits = transaction?.limits ?? NO_LIMITS;
  return signal === undefined ? limits : { ...limits, signal };
}
