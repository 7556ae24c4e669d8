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
export { errors } from "./errors.ts";
export { type Violation, violationOf } from "./failures.ts";
export { type AfterTask, type TransactionScope, currentTransaction, leaveTransaction } from "./transaction-scope.ts";
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
