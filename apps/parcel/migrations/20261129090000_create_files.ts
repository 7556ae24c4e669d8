import { type Kysely, type MigrationContext, type MigrationSchema, sql } from "plinth/db";

export async function up(db: Kysely<MigrationSchema>, { dialect }: MigrationContext): Promise<void> {
  await db.schema
    .createTable("files")
    .addColumn("id", "varchar(36)", (column) => column.primaryKey())
    .addColumn("owner", "varchar(255)", (column) => column.notNull())
    .addColumn("name", "varchar(255)", (column) => column.notNull())
    .addColumn("type", "varchar(129)", (column) => column.notNull())
    .addColumn("size", "bigint", (column) => column.notNull())
    .addColumn("hash", "varchar(64)", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .$call((table) => (dialect === "mysql" ? table.modifyEnd(EXACT) : table))
    .execute();
  await db.schema.createIndex("files_by_owner").on("files").columns(["owner", "id"]).execute();
}

export async function down(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema.dropTable("files").execute();
}

/** Names and owners differ by case and accents on every engine; MySQL would hold "Ada" and "áda" for the same. */
const EXACT = sql`character set utf8mb4 collate utf8mb4_bin`;
