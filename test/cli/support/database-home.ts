import { type Home, TINY_APP, makeHome } from "./home.ts";

/** A migration that creates a table, and undoes it. */
export const CREATE = `
import type { Kysely, MigrationSchema } from "plinth/db";
export async function up(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema.createTable("files").addColumn("id", "integer", (column) => column.primaryKey()).execute();
}
export async function down(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema.dropTable("files").execute();
}
`;
const ALTER = `
import type { Kysely, MigrationSchema } from "plinth/db";
export async function up(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema.alterTable("files").addColumn("name", "varchar(100)").execute();
}
export async function down(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema.alterTable("files").dropColumn("name").execute();
}
`;
export const FIRST = "20260101000000_create_files";
export const SECOND = "20260102000000_add_name";

/** An app with two migrations. */
export function makeDatabaseHome(): Home {
  return makeHome({ "app.ts": TINY_APP, [`migrations/${FIRST}.ts`]: CREATE, [`migrations/${SECOND}.ts`]: ALTER });
}
