import { type Kysely, type MigrationContext, type MigrationSchema, type RawBuilder, sql } from "plinth/db";

export async function up(db: Kysely<MigrationSchema>, { dialect }: MigrationContext): Promise<void> {
  if (dialect === "sqlite" && (await isFromBefore(db))) return adopt(db);
  const collation = dialect === "mysql" ? await exactCollation(db) : undefined;
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
    .$call((table) => (collation === undefined ? table : table.modifyEnd(collation)))
    .execute();
  await db.schema.createIndex("files_by_owner").on("files").columns(["owner", "id"]).execute();
}

export async function down(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema.dropTable("files").execute();
}

/** As on the other engines, "ada", "Ada" and "ada " are three: MySQL by itself would hold them for the same. */
async function exactCollation(db: Kysely<MigrationSchema>): Promise<RawBuilder<unknown>> {
  const { rows } = await sql<{ readonly version: string }>`select version() as version`.execute(db);
  const isMariaDb = /mariadb/i.test(rows[0]?.version ?? "");
  return sql`character set utf8mb4 collate ${sql.raw(isMariaDb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin")}`;
}

/** Before there were migrations, Parcel made this table itself. */
async function isFromBefore(db: Kysely<MigrationSchema>): Promise<boolean> {
  const { rows } = await sql`select 1 from pragma_table_info('files') where name = 'createdAt'`.execute(db);
  return rows.length > 0;
}

async function adopt(db: Kysely<MigrationSchema>): Promise<void> {
  await db.schema.alterTable("files").renameColumn("createdAt", "created_at").execute();
  await db.schema
    .alterTable("files")
    .addColumn("version", "integer", (column) => column.notNull().defaultTo(1))
    .execute();
}
