import type { DatabaseDialect } from "../contract.ts";
import {
  type AccessMode,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type IsolationLevel,
  Kysely,
  type QueryResult,
} from "kysely";
import { PARTS } from "../kysely-dialect.ts";
import type { AnyKysely } from "./migration.ts";

/** What becomes of the statements of a handle. */
export interface StatementTarget {
  run(query: CompiledQuery): Promise<QueryResult<unknown>>;
  stream(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<unknown>>;
  begin(settings: { readonly isolationLevel?: IsolationLevel; readonly accessMode?: AccessMode }): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** A Kysely whose statements all go to one target: onto a pinned connection, or onto paper. */
export function createStatementHandle(engine: DatabaseDialect, target: StatementTarget): AnyKysely {
  const { createAdapter, ...parts } = PARTS[engine];
  // There is one connection, and no waiting for it: a statement beside an open transaction runs inside it.
  const adapter = createAdapter();
  Object.defineProperty(adapter, "supportsMultipleConnections", { value: true });
  return new Kysely({
    dialect: { ...parts, createAdapter: () => adapter, createDriver: () => new StatementDriver(target) },
  });
}

class StatementDriver implements Driver {
  readonly #target: StatementTarget;
  readonly #connection: DatabaseConnection;

  constructor(target: StatementTarget) {
    this.#target = target;
    this.#connection = {
      executeQuery: <Row>(query: CompiledQuery) => target.run(query) as Promise<QueryResult<Row>>,
      streamQuery: <Row>(query: CompiledQuery, chunkSize: number) =>
        target.stream(query, chunkSize) as AsyncIterableIterator<QueryResult<Row>>,
    };
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(this.#connection);
  }

  async releaseConnection(): Promise<void> {}

  beginTransaction(_: DatabaseConnection, settings: Parameters<StatementTarget["begin"]>[0]): Promise<void> {
    return this.#target.begin(settings);
  }

  commitTransaction(): Promise<void> {
    return this.#target.commit();
  }

  rollbackTransaction(): Promise<void> {
    return this.#target.rollback();
  }

  async destroy(): Promise<void> {}
}
