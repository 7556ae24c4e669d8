import assert from "node:assert/strict";
import { type Database, type DatabaseDriver, type DatabaseOptions, type Kysely, createDatabase, sql } from "../../db/mod.ts";

/** A driver, and a database behind it in which the suite may make and drop tables that begin with `suite_`. */
export interface DatabaseDriverSubject {
  readonly driver: DatabaseDriver;
}

export interface SuiteSchema {
  suite_accounts: { id: number; email: string; balance: number };
  suite_entries: { id: number; account: number; amount: string | number | bigint };
}

/** One behaviour, put to a driver. */
export type Check = (subject: DatabaseDriverSubject) => Promise<void>;

type Case = (db: Database<SuiteSchema>) => Promise<void>;

/** Opens a database over the driver, with the suite's tables empty, and checks afterwards that no connection was kept. */
export function withTables(run: Case, options: DatabaseOptions = {}): Check {
  return async ({ driver }) => {
    const db = createDatabase<SuiteSchema>({ driver, connections: 4, ...options });
    try {
      await createTables(db.query);
      await run(db);
      await allGivenBack(db);
    } finally {
      await dropTables(db.query);
      await db.stop?.(AbortSignal.timeout(1_000));
    }
  };
}

/** A connection that was asked for when none was free may still be on its way. */
async function allGivenBack(db: Database<SuiteSchema>): Promise<void> {
  const end = performance.now() + 2_000;
  while (db.pool.idle < db.pool.open && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  const { open, idle, waiting } = db.pool;
  assert.deepEqual({ lent: open - idle, waiting }, { lent: 0, waiting: 0 }, "a connection was not given back");
}

async function createTables(query: Kysely<SuiteSchema>): Promise<void> {
  await dropTables(query);
  await query.schema
    .createTable("suite_accounts")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("email", "varchar(200)", (column) => column.notNull().unique())
    .addColumn("balance", "integer", (column) => column.notNull().defaultTo(0))
    .addCheckConstraint("suite_balance", sql`balance >= 0`)
    .execute();
  await query.schema
    .createTable("suite_entries")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("account", "integer", (column) => column.notNull())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addForeignKeyConstraint("suite_account", ["account"], "suite_accounts", ["id"])
    .execute();
}

async function dropTables(query: Kysely<SuiteSchema>): Promise<void> {
  await query.schema.dropTable("suite_entries").ifExists().execute();
  await query.schema.dropTable("suite_accounts").ifExists().execute();
}

export const account = (id: number, balance = 0): SuiteSchema["suite_accounts"] => ({ id, email: `${id}@example.com`, balance });

export const insert = (query: Kysely<SuiteSchema>, ...ids: readonly number[]): Promise<unknown> =>
  query
    .insertInto("suite_accounts")
    .values(ids.map((id) => account(id)))
    .execute();

export const ids = async (query: Kysely<SuiteSchema>): Promise<number[]> =>
  (await query.selectFrom("suite_accounts").select("id").orderBy("id").execute()).map((row) => row.id);

export const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );

/** A promise, and whoever keeps it waiting. */
export const gate = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();
