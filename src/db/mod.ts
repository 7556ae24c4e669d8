export { type PoolChanged, type QueryFinished, poolChanged, queryFinished } from "./channels.ts";
export type {
  BeginSettings,
  ConnectionUse,
  Database,
  DatabaseDialect,
  DatabaseDriver,
  DriverConnection,
  DriverFailure,
  FailureKind,
  Isolation,
  PoolState,
  StatementOptions,
  Transaction,
  TransactionOptions,
} from "./contract.ts";
export { type DatabaseOptions, createDatabase } from "./create-database.ts";
export { type ColumnKey, type EncryptedColumn, type EncryptedColumnOptions, encryptedColumn } from "./encrypted-column.ts";
export { errors } from "./errors.ts";
export { type Violation, violationOf } from "./failures.ts";
export { type Page, type PageOptions, type PageOrder, paginate } from "./paginate.ts";
export { type QueryCount, countQueries, expectQueries } from "./query-count.ts";
export { type SoftDelete, type SoftDeleteOptions, softDelete } from "./soft-delete.ts";
export { type AfterTask, type TransactionScope, currentTransaction, leaveTransaction } from "./transaction-scope.ts";
export { type VersionOptions, deleteVersioned, updateVersioned } from "./versioned.ts";
export {
  type ColumnType,
  type Generated,
  type GeneratedAlways,
  type Insertable,
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SelectQueryBuilder,
  type Updateable,
  sql,
} from "kysely";
export { type LintFinding, type LintOptions, lintMigrations } from "./lint/lint-migrations.ts";
export { checksumOf, loadMigrations } from "./migrate/load-migrations.ts";
export { type MigrateOptions, type MigrationReport, type MigratorOptions, migrate } from "./migrate/migrate.ts";
export {
  type ListedMigration,
  type Migration,
  type AnyKysely,
  type MigrationContext,
  type MigrationDatabase,
  type MigrationSchema,
  type NamedMigration,
  defineMigrations,
} from "./migrate/migration.ts";
export { MIGRATION_TEMPLATE, nameNewMigration } from "./migrate/migration-file.ts";
export {
  type MigrationCheck,
  type MigrationState,
  type MigrationStatus,
  assertMigrated,
  checkMigrations,
  migrationStatus,
} from "./migrate/migration-status.ts";
export { type MigratorServiceOptions, createMigrator } from "./migrate/migrator.ts";
export { type MigrationPreview, previewMigrations, previewRollback } from "./migrate/preview.ts";
export type { RecordedStatement } from "./migrate/recording-target.ts";
export { type Resolution, type ResolveOptions, resolveMigration } from "./migrate/resolve-migration.ts";
export { type RollbackChoice, type RollbackOptions, rollback } from "./migrate/rollback.ts";
export { type Seed, type SeedOptions, loadSeeds, runSeeds } from "./seed/seed.ts";
export { type SchemaDifference, compareSchemas } from "./types/compare-schema.ts";
export { generateSchema } from "./types/schema-file.ts";
