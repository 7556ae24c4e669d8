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
export { sql } from "kysely";
