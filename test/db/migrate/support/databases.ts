import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { CompiledQuery, Kysely, MysqlDialect, PostgresDialect, type SqliteDatabase, SqliteDialect } from "kysely";
import mysql from "mysql2";
import { Pool } from "pg";
import type { AnyKysely, MigrationDatabase, MigrationEngine } from "#src/db/migrate/migration";
import { type ServiceName, requireService } from "../../../support/services.ts";

export const ENGINES: readonly MigrationEngine[] = ["sqlite", "postgres", "mysql"];

/** A database of its own, gone when it is disposed of. */
export interface TestDatabase extends AsyncDisposable {
  readonly engine: MigrationEngine;
  readonly url: string;
  /** A client of its own: connections that nobody else here has. */
  connect(): TestClient;
}

export interface TestClient extends MigrationDatabase, AsyncDisposable {}

export type TestDatabaseOutcome = TestDatabase | { readonly skip: string };

export async function createTestDatabase(engine: MigrationEngine): Promise<TestDatabaseOutcome> {
  if (engine === "sqlite") return createSqliteFile();
  const service = await requireService(engine satisfies ServiceName);
  if (service.skip !== false) return { skip: service.skip };
  const name = `plinth_test_${randomBytes(6).toString("hex")}`;
  const url = new URL(service.url);
  const server = openClient(engine, url.href);
  await server.query.executeQuery(CompiledQuery.raw(`create database ${name}`));
  url.pathname = name;
  const clients = new Set<TestClient>();
  return {
    engine,
    url: url.href,
    connect: () => tracked(clients, openClient(engine, url.href)),
    async [Symbol.asyncDispose]() {
      await Promise.all([...clients].map((client) => client[Symbol.asyncDispose]()));
      await server.query.executeQuery(CompiledQuery.raw(`drop database ${name}${engine === "postgres" ? " with (force)" : ""}`));
      await server[Symbol.asyncDispose]();
    },
  };
}

function createSqliteFile(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), "plinth-migrate-"));
  const url = `sqlite:${join(folder, "app.db")}`;
  const clients = new Set<TestClient>();
  return {
    engine: "sqlite",
    url,
    connect: () => tracked(clients, openClient("sqlite", url)),
    async [Symbol.asyncDispose]() {
      await Promise.all([...clients].map((client) => client[Symbol.asyncDispose]()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function tracked(clients: Set<TestClient>, client: TestClient): TestClient {
  clients.add(client);
  return client;
}

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
