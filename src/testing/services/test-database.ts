import { rm } from "node:fs/promises";
import { join } from "node:path";
import { errors } from "../errors.ts";
import type { EngineName, TestDatabase } from "./contract.ts";
import { findService } from "./find-service.ts";
import { type SqlSession, openSql } from "./sessions.ts";
import { createTestFolder, createTestName, isLeftover } from "./test-name.ts";

/**
 * An empty database of its own for a test, on a server that {@link findService} finds (SQLite: a file in a folder of its own).
 * Databases of runs that died are swept when they are older than an hour.
 *
 * @throws E_TESTING_SERVICE_MISSING when there is no such server: ask `findService` first, and skip
 * @example
 * await using database = await createTestDatabase("postgres");
 * const pool = new Pool({ connectionString: database.url });
 */
export async function createTestDatabase(engine: EngineName): Promise<TestDatabase> {
  if (engine === "sqlite") return await createFile();
  const { url, missing } = await findService(engine);
  if (missing !== undefined) throw errors.SERVICE_MISSING({ service: engine, reason: missing });
  const name = createTestName();
  await using session = await openSql(engine, url);
  await sweep(engine, session);
  await session.query(CREATE[engine](name));
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    async [Symbol.asyncDispose](): Promise<void> {
      await using last = await openSql(engine, url);
      await DROP[engine](last, name);
    },
  };
}

async function createFile(): Promise<TestDatabase> {
  const folder = await createTestFolder();
  return {
    url: `sqlite:${join(folder, "app.db")}`,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

const CREATE = {
  // template0, because nobody can be connected to it, which would fail the copy.
  postgres: (name: string) => `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`,
  mysql: (name: string) => `CREATE DATABASE ${name} CHARACTER SET utf8mb4`,
};

const LIST = {
  // Only what this user may drop.
  postgres: `SELECT datname AS name FROM pg_database WHERE datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)`,
  mysql: `SELECT schema_name AS name FROM information_schema.schemata`,
};

const DROP = {
  postgres: (session: SqlSession, name: string) => session.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  mysql: dropMysql,
};

async function sweep(engine: "postgres" | "mysql", session: SqlSession): Promise<void> {
  for (const { name } of await session.query(LIST[engine])) {
    if (typeof name === "string" && isLeftover(name)) await DROP[engine](session, name);
  }
}

const UNKNOWN_THREAD = 1_094;
const LOCK_WAIT_TIMEOUT = 1_205;

/** MySQL would wait for open transactions for up to a day: their connections are ended first. */
async function dropMysql(session: SqlSession, name: string): Promise<void> {
  // Named once more, because MySQL 8 would call it ID.
  const using = `SELECT id AS id FROM information_schema.processlist WHERE db = '${name}'`;
  await session.query("SET SESSION lock_wait_timeout = 1");
  for (let attempt = 1; ; attempt += 1) {
    for (const { id } of await session.query(using)) {
      await session.query(`KILL ${String(id)}`).catch(unless(UNKNOWN_THREAD));
    }
    const outcome = await session.query(`DROP DATABASE IF EXISTS ${name}`).catch(unless(LOCK_WAIT_TIMEOUT, attempt < 10));
    if (outcome !== undefined) return;
  }
}

/** Lets one error of MySQL pass, and throws any other. */
function unless(number: number, allowed = true): (error: unknown) => undefined {
  return (error) => {
    if (!allowed || !(error instanceof Error) || (error as { errno?: unknown }).errno !== number) throw error;
    return undefined;
  };
}
