/** The name of a new migration, `20261101120000_create_files`, by the wall clock in UTC. */
export function nameNewMigration(words: string, now: number): string {
  const stamp = new Date(now).toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const slug = words
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, "_")
    .replaceAll(/^_|_$/g, "");
  return `${stamp}_${slug || "change"}`;
}

/** What a new migration's file begins as. */
export const MIGRATION_TEMPLATE = `import type { Kysely, MigrationSchema } from "plinth/db";

export async function up(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema
    .createTable("examples")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "varchar(255)", (column) => column.notNull())
    .execute();
}

export async function down(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema.dropTable("examples").execute();
}
`;
