import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, MysqlDialect, PostgresDialect, type SqliteDatabase, SqliteDialect } from "kysely";
import mysql from "mysql2";
import { Pool } from "pg";
import type { AnyKysely, MigrationDatabase, MigrationEngine } from "#src/db/migrate/migration";

/** A database of the test's own. */
export interface OwnDatabase {
  readonly engine: MigrationEngine;
  readonly url: string;
  /** A client of its own: connections that nobody else here has. */
  connect(): TestClient;
}

export interface TestClient extends MigrationDatabase, AsyncDisposable {}

export function openClient(engine: MigrationEngine, url: string): TestClient {
  const query: AnyKysely = new Kysely({ dialect: dialectOf(engine, url) });
  let ended: Promise<void> | undefined;
  return { dialect: engine, query, [Symbol.asyncDispose]: () => (ended ??= query.destroy()) };
}

function dialectOf(engine: MigrationEngine, url: string): SqliteDialect | PostgresDialect | MysqlDialect {
  if (engine === "sqlite") return new SqliteDialect({ database: openSqlite(url.slice("sqlite:".length)) });
  if (engine === "mysql") return new MysqlDialect({ pool: mysql.createPool({ uri: url, connectionLimit: 3 }) });
  const pool = new Pool({ connectionString: url, max: 3 });
  pool.on("error", () => undefined); // tests kill sessions; whoever used one is told
  return new PostgresDialect({ pool });
}

/** `node:sqlite` in the shape that Kysely's dialect wants. */
function openSqlite(path: string): SqliteDatabase {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  return {
    close: () => database.close(),
    prepare(text) {
      const statement = database.prepare(text);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}
