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
  type Insertable,
  type Kysely,
  type Selectable,
  type SelectQueryBuilder,
  type Updateable,
  sql,
} from "kysely";
