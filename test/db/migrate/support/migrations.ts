import { type Kysely, sql } from "kysely";
import { checksumOf } from "#src/db/migrate/load-migrations";
import type { Migration, MigrationSchema, NamedMigration } from "#src/db/migrate/migration";
import { nameMigration } from "#src/db/migrate/migration";

/** A migration by this name; its text is its name unless another is given. */
export function migration(name: string, parts: Partial<Migration> & { readonly text?: string }): NamedMigration {
  const { text = name, ...exported } = parts;
  return nameMigration(name, { up: () => undefined, ...exported }, checksumOf(text));
}

/** Creates a table with an id, and drops it. */
export function createsTable(name: string, table: string): NamedMigration {
  return migration(name, {
    up: async (db: Kysely<MigrationSchema>) => {
      await db.schema
        .createTable(table)
        .addColumn("id", "integer", (column) => column.primaryKey())
        .execute();
    },
    down: async (db: Kysely<MigrationSchema>) => {
      await db.schema.dropTable(table).execute();
    },
  });
}

export const FIRST: NamedMigration = createsTable("20260101000000_first", "first_things");
export const SECOND: NamedMigration = createsTable("20260102000000_second", "second_things");
export const THIRD: NamedMigration = createsTable("20260103000000_third", "third_things");

/** Names of the tables that are there, Plinth's own left out. */
export async function tablesOf(db: Kysely<MigrationSchema>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables();
  return tables
    .map(({ name }) => name)
    .filter((name) => !name.startsWith("plinth_"))
    .sort();
}

/** How many rows a table has. */
export async function countRows(db: Kysely<MigrationSchema>, table: string): Promise<number> {
  const { rows } = await sql<{ count: number | bigint | string }>`select count(*) as count from ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.count);
}
