import { type PlinthError, isPlinthError } from "../core/mod.ts";
import type { DatabaseDriver, DriverFailure } from "./contract.ts";
import { errors } from "./errors.ts";

const RETRY_SOON: Readonly<Record<string, string>> = Object.freeze({ "Retry-After": "1" });

/** What a constraint that was violated is called, where the engine says so. */
export interface Violation {
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  /** Empty when the engine does not name them. */
  readonly columns: readonly string[];
}

const violations = new WeakMap<Error, Violation>();

/**
 * Which constraint an error is about; undefined for an error of another kind. Not part of the error's message, because that is shown to
 * callers and names of tables are not theirs to know.
 *
 * @example
 * if (violationOf(error)?.columns.includes("email")) return reply.conflict("This address has an account.");
 */
export function violationOf(error: unknown): Violation | undefined {
  return error instanceof Error ? violations.get(error) : undefined;
}

/** An engine's error as the room's. Errors of the room itself pass unchanged. */
export function translateError(driver: DatabaseDriver, error: unknown): PlinthError {
  if (isPlinthError(error)) return error;
  return createError(driver.classify(error), error);
}

function createError(failure: DriverFailure, cause: unknown): PlinthError {
  const soon = { cause, headers: RETRY_SOON };
  switch (failure.kind) {
    case "unique":
      return withViolation(errors.UNIQUE_VIOLATION({}, { cause }), failure);
    case "foreign-key":
      return withViolation(errors.FOREIGN_KEY_VIOLATION({}, { cause }), failure);
    case "not-null":
      return withViolation(errors.NOT_NULL_VIOLATION({ place: placeOf(failure) }, { cause }), failure);
    case "check":
      return withViolation(errors.CHECK_VIOLATION({ place: placeOf(failure) }, { cause }), failure);
    case "serialization":
    case "stale-statement": // it has cost the transaction, and will be prepared anew
      return errors.SERIALIZATION({ attempts: 1 }, soon);
    case "deadlock":
      return errors.DEADLOCK({ attempts: 1 }, soon);
    case "busy":
      return errors.BUSY({}, soon);
    case "read-only":
      return errors.READ_ONLY({}, { cause });
    case "cancelled":
      return errors.CANCELLED({}, { cause });
    case "lost":
      return errors.CONNECTION_LOST({}, soon);
    case "unavailable":
      return errors.UNAVAILABLE({}, soon);
    default:
      return errors.QUERY_FAILED({ reason: reasonOf(cause) }, { cause });
  }
}

function withViolation(error: PlinthError, { constraint, table, columns = [] }: DriverFailure): PlinthError {
  violations.set(error, { constraint, table, columns });
  return error;
}

function placeOf({ table, columns, constraint }: DriverFailure): string {
  const column = columns?.[0];
  const place = column === undefined ? constraint : table === undefined ? column : `${table}.${column}`;
  return place === undefined ? "" : ` (${place})`;
}

/** The text of an engine's error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a transaction that failed so may be run again: it was rolled back, and the reason may be gone next time. */
export function isRetryable(error: unknown): boolean {
  return isPlinthError(error, "E_DB_SERIALIZATION") || isPlinthError(error, "E_DB_DEADLOCK");
}

/** The error of a transaction that was tried several times. */
export function withAttempts(error: PlinthError, attempts: number): PlinthError {
  const create = error.code === "E_DB_DEADLOCK" ? errors.DEADLOCK : errors.SERIALIZATION;
  return attempts === 1 ? error : create({ attempts }, { cause: error.cause, headers: RETRY_SOON });
}
