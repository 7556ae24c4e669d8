import { type AnyKysely, type DatabaseDialect, type MigrationContext, sql } from "../db/mod.ts";

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
  up(db: AnyKysely, context: MigrationContext): Promise<void>;
  down(db: AnyKysely): Promise<void>;
} {
  return {
    async up(db, { dialect }) {
      const { long, bytes } = TYPES[dialect];
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
      await createExpiryIndex(db, table, dialect);
    },
    async down(db) {
      await db.schema.dropTable(table).ifExists().execute();
    },
  };
}

async function createExpiryIndex(db: AnyKysely, table: string, dialect: DatabaseDialect): Promise<void> {
  const index = `${table}_expiry`;
  const create = db.schema.createIndex(index).on(table).column("expires_at");
  if (dialect !== "mysql") return create.ifNotExists().execute();
  // MySQL has no "if not exists" for indexes.
  const known = await sql`show index from ${sql.table(table)} where key_name = ${index}`.execute(db);
  if (known.rows.length === 0) await create.execute();
}

/** Long texts and bytes, as each engine calls them. */
const TYPES: Readonly<Record<DatabaseDialect, { readonly long: string; readonly bytes: string }>> = {
  sqlite: { long: "text", bytes: "blob" },
  postgres: { long: "text", bytes: "bytea" },
  mysql: { long: "mediumtext", bytes: "longblob" },
};
