import type { AnyKysely, DatabaseDialect, MigrationContext } from "../db/mod.ts";

/** A row of the table of limits. Times in milliseconds since 1970. */
export interface LimitRow {
  readonly id: string;
  /** A rate's theoretical arrival time in 1,024ths of a millisecond; the units of a quota that are used. */
  readonly state: number;
  /** When the quota's window ends; 0 for a rate. */
  readonly window_end: number;
  /** From then on the row means nothing. */
  readonly expires_at: number;
}

/** A row of the table of who is blocked and who is let through. */
export interface AccessRow {
  readonly subject: string;
  /** As JSON. */
  readonly entry: string;
}

export const DEFAULT_TABLE = "rate_limits";

/** The other table's name. */
export function accessTableOf(table: string): string {
  return `${table}_access`;
}

/**
 * Creates and drops the tables that limits count in by `createLimits({ db })`: call it in a migration of the app. Works on SQLite, PostgreSQL,
 * MySQL and MariaDB, and may run again where it was cut off.
 *
 * @param table its name; the other's ends with `_access`. Default `rate_limits`
 * @example
 * // migrations/20261201120000_create_rate_limits.ts
 * export const { up, down } = limitTable();
 */
export function limitTable(table: string = DEFAULT_TABLE): {
  up(db: AnyKysely, context: MigrationContext): Promise<void>;
  down(db: AnyKysely): Promise<void>;
} {
  return {
    async up(db, { dialect }) {
      await db.schema
        .createTable(table)
        .ifNotExists()
        .addColumn("id", "varchar(128)", (column) => column.primaryKey())
        .addColumn("state", "bigint", (column) => column.notNull())
        .addColumn("window_end", "bigint", (column) => column.notNull())
        .addColumn("expires_at", "bigint", (column) => column.notNull())
        .execute();
      await createExpiryIndex(db, table, dialect);
      await db.schema
        .createTable(accessTableOf(table))
        .ifNotExists()
        .addColumn("subject", "varchar(128)", (column) => column.primaryKey())
        .addColumn("entry", "text", (column) => column.notNull())
        .execute();
    },
    async down(db) {
      await db.schema.dropTable(table).ifExists().execute();
      await db.schema.dropTable(accessTableOf(table)).ifExists().execute();
    },
  };
}

async function createExpiryIndex(db: AnyKysely, table: string, dialect: DatabaseDialect): Promise<void> {
  const index = `${table}_expiry`;
  const create = db.schema.createIndex(index).on(table).column("expires_at");
  if (dialect !== "mysql") return create.ifNotExists().execute();
  // MySQL has no "if not exists" for indexes.
  const known = await db
    .selectFrom("information_schema.statistics")
    .select("index_name")
    .where(({ eb, fn }) => eb("table_schema", "=", fn("database")))
    .where("table_name", "=", table)
    .where("index_name", "=", index)
    .execute();
  if (known.length === 0) await create.execute();
}
