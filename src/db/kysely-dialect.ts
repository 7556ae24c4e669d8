import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import type { DatabaseDialect } from "./contract.ts";
import { errors } from "./errors.ts";
import { KyselyExecutor, type SessionConnection } from "./kysely-executor.ts";
import { NO_LIMITS, type Session } from "./session.ts";
import type { StatementRunner } from "./statement-runner.ts";

/** What Kysely needs of an engine besides a driver. */
export interface DialectParts {
  readonly createQueryCompiler: () => QueryCompiler;
  readonly createAdapter: () => DialectAdapter;
  readonly createIntrospector: (db: Kysely<unknown>) => DatabaseIntrospector;
}

export const PARTS: Readonly<Record<DatabaseDialect, DialectParts>> = {
  sqlite: {
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  },
  postgres: {
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  },
  mysql: {
    createQueryCompiler: () => new MysqlQueryCompiler(),
    createAdapter: () => new MysqlAdapter(),
    createIntrospector: (db) => new MysqlIntrospector(db),
  },
};

/** Makes Kyselys for one database: Kysely's own compiler, adapter and introspector, over runners of the room. */
export class KyselyFactory {
  readonly #dialect: Dialect;
  readonly #driver: Driver = new SessionDriver();
  readonly #compiler: QueryCompiler;
  readonly #adapter: DialectAdapter;

  constructor(dialect: DatabaseDialect) {
    this.#dialect = { ...PARTS[dialect], createDriver: () => this.#driver };
    this.#compiler = this.#dialect.createQueryCompiler();
    this.#adapter = this.#dialect.createAdapter();
  }

  create<Schema>(runner: StatementRunner): Kysely<Schema> {
    const executor = new KyselyExecutor({ compiler: this.#compiler, adapter: this.#adapter, runner });
    return new Kysely<Schema>({ config: { dialect: this.#dialect }, driver: this.#driver, executor, dialect: this.#dialect });
  }
}

/**
 * What Kysely's own transactions and its migrator call, on sessions that the executor has lent. They work, but code inside does not join them and
 * nothing is retried: `db.transaction` is the one for programs.
 */
class SessionDriver implements Driver {
  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.reject(
      errors.OPTION_INVALID({ option: "dialect", reason: "connections are lent by the database, not by its Kysely" }),
    );
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const session = sessionOf(connection);
    if (session.inTransaction) throw errors.TRANSACTION_NESTED({});
    const isolation = settings.isolationLevel === "snapshot" ? "repeatable read" : settings.isolationLevel;
    await session.begin({ isolation, readOnly: settings.accessMode === "read only" }, NO_LIMITS);
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await sessionOf(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await sessionOf(connection).rollback();
  }

  async savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await run(connection, "savepoint", name);
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await run(connection, "rollback to savepoint", name);
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await run(connection, "release savepoint", name);
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  /** The service owns its connections: `stop()` closes them. */
  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

async function run(connection: DatabaseConnection, command: string, name: string): Promise<void> {
  if (!/^[A-Za-z_]\w{0,62}$/.test(name)) {
    throw errors.OPTION_INVALID({ option: "savepoint", reason: "its name is not made of letters, digits and _" });
  }
  await connection.executeQuery(CompiledQuery.raw(`${command} ${name}`, []));
}

function sessionOf(connection: DatabaseConnection): Session {
  return (connection as SessionConnection).session;
}
