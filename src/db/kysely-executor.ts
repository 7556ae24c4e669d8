import {
  type AbortableOperationOptions,
  type AbortableQueryOptions,
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type DialectAdapter,
  type KyselyPlugin,
  type QueryCompiler,
  type QueryResult,
} from "kysely";
import type { Session, StatementLimits } from "./session.ts";
import type { StatementRunner } from "./statement-runner.ts";

export interface ExecutorParts {
  readonly compiler: QueryCompiler;
  readonly adapter: DialectAdapter;
  readonly runner: StatementRunner;
}

/**
 * Kysely's executor over a runner. It hands a compiled query straight over: Kysely's own way there takes four more promises, and starts an abort
 * listener that the guard makes unnecessary.
 */
export class KyselyExecutor extends DefaultQueryExecutor {
  readonly #parts: ExecutorParts;

  constructor(parts: ExecutorParts, plugins: readonly KyselyPlugin[] = []) {
    super(parts.compiler, parts.adapter, new RunnerConnections(parts.runner), [...plugins]);
    this.#parts = parts;
  }

  override executeQuery<Row>(query: CompiledQuery, options?: AbortableQueryOptions): Promise<QueryResult<Row>> {
    const result = this.#parts.runner.execute(query, options?.signal) as Promise<QueryResult<Row>>;
    return this.plugins.length === 0 ? result : this.#transform(query, result, options?.signal);
  }

  async #transform<Row>(
    query: CompiledQuery,
    given: Promise<QueryResult<Row>>,
    signal: AbortSignal | undefined,
  ): Promise<QueryResult<Row>> {
    let result: QueryResult<unknown> = await given;
    for (const plugin of this.plugins) {
      // oxlint-disable-next-line no-await-in-loop -- each takes the one before's result
      result = await plugin.transformResult({ queryId: query.queryId, result: result as never, signal });
    }
    return result as QueryResult<Row>;
  }

  override async *stream<Row>(
    query: CompiledQuery,
    chunkSize: number,
    options?: AbortableOperationOptions,
  ): AsyncIterableIterator<QueryResult<Row>> {
    const signal = options?.signal;
    for await (const rows of this.#parts.runner.stream(query, chunkSize, signal)) {
      let result: QueryResult<unknown> = { rows: rows as unknown[] };
      for (const plugin of this.plugins) {
        result = await plugin.transformResult({ queryId: query.queryId, result: result as never, signal });
      }
      yield result as QueryResult<Row>;
    }
  }

  override withPlugins(plugins: readonly KyselyPlugin[]): KyselyExecutor {
    return new KyselyExecutor(this.#parts, [...this.plugins, ...plugins]);
  }

  override withPlugin(plugin: KyselyPlugin): KyselyExecutor {
    return new KyselyExecutor(this.#parts, [...this.plugins, plugin]);
  }

  override withPluginAtFront(plugin: KyselyPlugin): KyselyExecutor {
    return new KyselyExecutor(this.#parts, [plugin, ...this.plugins]);
  }

  override withoutPlugins(): KyselyExecutor {
    return new KyselyExecutor(this.#parts);
  }
}

/** What Kysely asks for a connection when it wants to keep one: `db.query.connection()`, its own transactions, its migrator. */
class RunnerConnections implements ConnectionProvider {
  readonly #runner: StatementRunner;

  constructor(runner: StatementRunner) {
    this.#runner = runner;
  }

  provideConnection<Result>(consumer: (connection: DatabaseConnection) => Promise<Result>): Promise<Result> {
    return this.#runner.lend((session, limits) => consumer(new SessionConnection(session, limits)));
  }
}

/** A session as Kysely sees it. */
export class SessionConnection implements DatabaseConnection {
  readonly session: Session;
  readonly #limits: StatementLimits;

  constructor(session: Session, limits: StatementLimits) {
    this.session = session;
    this.#limits = limits;
  }

  async executeQuery<Row>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<Row>> {
    const limits = { ...this.#limits, signal: options?.signal };
    return (await this.session.execute(query.sql, query.parameters, limits)) as QueryResult<Row>;
  }

  async *streamQuery<Row>(
    query: CompiledQuery,
    chunkSize: number,
    options?: AbortableOperationOptions,
  ): AsyncIterableIterator<QueryResult<Row>> {
    const limits = { ...this.#limits, signal: options?.signal, chunkSize };
    for await (const rows of this.session.stream(query.sql, query.parameters, limits)) yield { rows: rows as Row[] };
  }
}
