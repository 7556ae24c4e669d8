import { type Database, sql } from "../db/mod.ts";

/** The table of the store. Times in milliseconds since 1970. */
export interface IdempotencyTable {
  readonly id: string;
  readonly owner: string;
  readonly fingerprint: string;
  readonly payload: string | null;
  readonly lease_until: number;
  readonly expires_at: number;
  /** Null until the answer is known. */
  readonly status: number | null;
  readonly head: string | null;
  readonly body: Uint8Array | null;
}

export const DEFAULT_TABLE = "idempotency_keys";

// Any schema's Kysely: migrations know no types, because types describe the newest schema.
// eslint-disable-next-line typescript/no-explicit-any
type AnyQuery = Database<any>["query"];

/**
 * Creates and drops the table that `createIdempotencyStore` keeps keys in: call it in a migration of the app. Works on SQLite, PostgreSQL, MySQL
 * and MariaDB, and may run again where it was cut off.
 *
 * @example
 * // migrations/20261201120000_create_idempotency_keys.ts
 * export const { up, down } = idempotencyTable();
 * @param table its name. Default `idempotency_keys`
 */
export function idempotencyTable(table: string = DEFAULT_TABLE): {
  up(db: AnyQuery): Promise<void>;
  down(db: AnyQuery): Promise<void>;
} {
  return {
    async up(db) {
      const { long, bytes } = typesOf(db);
      await db.schema
        .createTable(table)
        .ifNotExists()
        .addColumn("id", "varchar(64)", (column) => column.primaryKey())
        .addColumn("owner", "varchar(36)", (column) => column.notNull())
        .addColumn("fingerprint", "varchar(64)", (column) => column.notNull())
        .addColumn("payload", "varchar(64)")
        .addColumn("lease_until", "bigint", (column) => column.notNull())
        .addColumn("expires_at", "bigint", (column) => column.notNull())
        .addColumn("status", "smallint")
        .addColumn("head", sql.raw(long))
        .addColumn("body", sql.raw(bytes))
        .execute();
      await createExpiryIndex(db, table);
    },
    async down(db) {
      await db.schema.dropTable(table).ifExists().execute();
    },
  };
}

async function createExpiryIndex(db: AnyQuery, table: string): Promise<void> {
  const index = `${table}_expiry`;
  const create = db.schema.createIndex(index).on(table).column("expires_at");
  if (!isMysql(db)) return create.ifNotExists().execute();
  // MySQL has no "if not exists" for indexes.
  const known = await sql`show index from ${sql.table(table)} where key_name = ${index}`.execute(db);
  if (known.rows.length === 0) await create.execute();
}

function typesOf(db: AnyQuery): { readonly long: string; readonly bytes: string } {
  if (isMysql(db)) return { long: "mediumtext", bytes: "longblob" };
  // Of the three only PostgreSQL has DDL in transactions that Kysely knows of.
  return { long: "text", bytes: db.getExecutor().adapter.supportsTransactionalDdl ? "bytea" : "blob" };
}

function isMysql(db: AnyQuery): boolean {
  return !db.getExecutor().adapter.supportsReturning;
}
