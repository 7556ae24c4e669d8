import type { CompiledQuery, ControlledTransaction, QueryResult } from "kysely";
import type { DatabaseDialect } from "../contract.ts";
import type { AnyKysely } from "./migration.ts";
import { hasSeveralStatements } from "./sql-text.ts";
import type { StatementTarget } from "./statement-handle.ts";

/** Is told of every statement outside a transaction of the migration's own, before it runs and when it is done. */
export interface StatementWatch {
  before(sql: string): Promise<void>;
  after(sql: string): Promise<void>;
}

/** What a migration may not do. */
export interface TargetFaults {
  /** Made when a transaction is begun inside `handle`, which is one already. */
  readonly nested: () => Error;
  /** Made when a text has more than one statement. */
  readonly several: () => Error;
}

export interface PinnedTargetOptions {
  /** A connection or a transaction. */
  readonly handle: AnyKysely;
  readonly watch?: StatementWatch;
  readonly engine: DatabaseDialect;
  readonly faults: TargetFaults;
}

/** Runs what a migration says on the connection, or in the transaction, that the migrator has. */
export class PinnedTarget implements StatementTarget {
  readonly #handle: AnyKysely;
  readonly #watch: StatementWatch | undefined;
  readonly #engine: DatabaseDialect;
  readonly #faults: TargetFaults;
  // eslint-disable-next-line typescript/no-explicit-any -- as AnyKysely
  #transaction: ControlledTransaction<any> | undefined;

  constructor(options: PinnedTargetOptions) {
    this.#handle = options.handle;
    this.#watch = options.watch;
    this.#engine = options.engine;
    this.#faults = options.faults;
  }

  async run(query: CompiledQuery): Promise<QueryResult<unknown>> {
    if (hasSeveralStatements(query.sql, this.#engine)) throw this.#faults.several();
    if (this.#transaction !== undefined) return this.#transaction.executeQuery(query);
    await this.#watch?.before(query.sql);
    const result = await this.#handle.executeQuery(query);
    await this.#watch?.after(query.sql);
    return result;
  }

  stream(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<unknown>> {
    return (this.#transaction ?? this.#handle).getExecutor().stream(query, chunkSize);
  }

  async begin(settings: Parameters<StatementTarget["begin"]>[0]): Promise<void> {
    if (this.#handle.isTransaction || this.#transaction !== undefined) throw this.#faults.nested();
    await this.#watch?.before("begin");
    let builder = this.#handle.startTransaction();
    if (settings.isolationLevel !== undefined) builder = builder.setIsolationLevel(settings.isolationLevel);
    if (settings.accessMode !== undefined) builder = builder.setAccessMode(settings.accessMode);
    this.#transaction = await builder.execute();
  }

  async commit(): Promise<void> {
    const transaction = this.#end();
    await transaction?.commit().execute();
    await this.#watch?.after("commit");
  }

  async rollback(): Promise<void> {
    await this.#end()?.rollback().execute();
  }

  // eslint-disable-next-line typescript/no-explicit-any -- as AnyKysely
  #end(): ControlledTransaction<any> | undefined {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    return transaction;
  }
}
