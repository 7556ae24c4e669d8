import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";
import { type MigrationErrorDetails, migrationErrors } from "./migrate/migration-errors.ts";

interface Details extends MigrationErrorDetails {
  URL_INVALID: { reason: string };
  OPTION_INVALID: { option: string; reason: string };
  DRIVER_MISSING: { package: string };
  STOPPED: { database: string };
  UNAVAILABLE: object;
  CONNECT_REFUSED: { target: string; reason: string };
  CONNECTION_LOST: object;
  POOL_EXHAUSTED: { milliseconds: number; size: number };
  BUSY: object;
  STATEMENT_TIMEOUT: { milliseconds: number };
  CANCELLED: object;
  UNIQUE_VIOLATION: object;
  FOREIGN_KEY_VIOLATION: object;
  NOT_NULL_VIOLATION: { place: string };
  CHECK_VIOLATION: { place: string };
  SERIALIZATION: { attempts: number };
  DEADLOCK: { attempts: number };
  READ_ONLY: object;
  STREAM_OPEN: object;
  QUERY_FAILED: { reason: string };
  OUTCOME_UNKNOWN: { target: string };
  TRANSACTION_ABORTED: { reason: string };
  TRANSACTION_ENDED: object;
  TRANSACTION_IDLE: { milliseconds: number };
  TRANSACTION_NESTED: object;
  VERSION_CONFLICT: object;
  CURSOR_INVALID: object;
  PAGE_INVALID: { reason: string };
  QUERY_BUDGET: { max: number; count: number; statements: readonly string[] };
  KEY_INVALID: { reason: string };
  CIPHERTEXT_INVALID: { reason: string };
}

/** The errors of the database room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("db", {
  ...migrationErrors,
  URL_INVALID: {
    title: "Invalid database URL",
    message: (d) =>
      `The database URL cannot be used: ${d.reason}. Write sqlite:./path, postgres://user:password@host/name or mysql://user:password@host/name.`,
  },
  OPTION_INVALID: {
    title: "Invalid database option",
    message: (d) => `The database option \`${d.option}\` cannot be used: ${d.reason}.`,
  },
  DRIVER_MISSING: {
    title: "Database driver not installed",
    message: (d) => `This needs the package ${d.package}, which is not installed. Run: npm install ${d.package}`,
  },
  STOPPED: {
    status: 503,
    title: "Database stopped",
    message: (d) => `The service "${d.database}" has been stopped. Use it only while the app runs.`,
  },
  UNAVAILABLE: {
    status: 503,
    title: "Database unavailable",
    message: () => "The database cannot be reached. Try again later.",
  },
  CONNECT_REFUSED: {
    title: "Database refused the connection",
    message: (d) => `${d.target} cannot be used: ${d.reason}. Look at the user, password, database and sslmode of its URL.`,
  },
  CONNECTION_LOST: {
    status: 503,
    title: "Database connection lost",
    message: () =>
      "The connection to the database was lost while a statement ran. Whether the statement took effect is not known, unless it was in a transaction: then it did not.",
  },
  POOL_EXHAUSTED: {
    status: 503,
    title: "No database connection free",
    message: (d) =>
      `No database connection became free within ${d.milliseconds} ms (${d.size} in all). Try again; if it goes on, hold connections for a shorter time or allow more.`,
  },
  BUSY: {
    status: 503,
    title: "Database busy",
    message: () => "What a statement needs was kept locked by others for too long. Try again.",
  },
  STATEMENT_TIMEOUT: {
    status: 504,
    title: "Statement timed out",
    message: (d) =>
      `A statement was stopped: it was not done within ${d.milliseconds} ms, its time-out or what was left of the deadline.`,
  },
  CANCELLED: {
    status: 503,
    title: "Statement cancelled",
    message: () => "A statement was stopped before it was done, because its caller left or an operator ended it.",
  },
  UNIQUE_VIOLATION: {
    status: 409,
    title: "Value already taken",
    message: () => "A record with the same value exists already. Choose another value.",
  },
  FOREIGN_KEY_VIOLATION: {
    status: 409,
    title: "Records depend on each other",
    message: () => "A record that this one refers to does not exist, or others still refer to this one.",
  },
  NOT_NULL_VIOLATION: {
    title: "Value missing",
    message: (d) => `A value that must be there is missing${d.place}. Validate it before it is written.`,
  },
  CHECK_VIOLATION: {
    title: "Value refused by a check",
    message: (d) => `A check of the table refuses a value${d.place}. Validate it before it is written.`,
  },
  SERIALIZATION: {
    status: 503,
    title: "Transactions in each other's way",
    message: (d) => `Transactions that ran at the same time were in each other's way (${d.attempts} attempts). Try again.`,
  },
  DEADLOCK: {
    status: 503,
    title: "Deadlock",
    message: (d) => `Transactions waited for each other in a circle (${d.attempts} attempts). Try again.`,
  },
  READ_ONLY: {
    title: "Write in a read-only transaction",
    message: () => "A statement that writes ran in a read-only transaction or on a replica. Use db.query and leave out readOnly.",
  },
  STREAM_OPEN: {
    title: "Stream still open",
    message: () =>
      "A statement was given to a connection whose rows are still being streamed. End the stream first, read the rows at once, or run one of the two outside of the transaction.",
  },
  QUERY_FAILED: {
    title: "Query failed",
    message: (d) => `The database refused a statement: ${d.reason}`,
  },
  OUTCOME_UNKNOWN: {
    title: "Outcome of a transaction unknown",
    message: (d) =>
      `The connection to ${d.target} was lost during COMMIT: the transaction may or may not have been committed. Look at the data before trying again.`,
  },
  TRANSACTION_ABORTED: {
    title: "Transaction aborted",
    message: (d) =>
      `The transaction was already lost when this was asked of it: ${d.reason}. Let errors of statements leave the function, or put the statement in a nested transaction.`,
  },
  TRANSACTION_ENDED: {
    title: "Transaction is over",
    message: () =>
      "A query ran in a transaction that is already over. Await everything that a transaction starts; what must outlive it goes into leaveTransaction(...) or afterCommit.",
  },
  TRANSACTION_IDLE: {
    title: "Transaction idle for too long",
    message: (d) => `A transaction was rolled back because it ran no statement for ${d.milliseconds} ms. Do slow work outside.`,
  },
  TRANSACTION_NESTED: {
    title: "Transaction inside a transaction",
    message: () => "A transaction was begun on a connection that is in one. Use db.transaction(...), which nests.",
  },
  VERSION_CONFLICT: {
    status: 412,
    title: "Changed in the meantime",
    message: () => "The record was changed or removed since it was read. Read it again, then repeat the change.",
  },
  CURSOR_INVALID: {
    status: 400,
    title: "Invalid cursor",
    message: () => "The cursor does not belong to this list. Start again without one.",
  },
  PAGE_INVALID: {
    title: "Invalid page",
    message: (d) => `The page cannot be read: ${d.reason}.`,
  },
  QUERY_BUDGET: {
    title: "Too many queries",
    message: (d) => `${d.count} queries ran where at most ${d.max} are allowed:\n${d.statements.join("\n")}`,
  },
  KEY_INVALID: {
    title: "Invalid column key",
    message: (d) => `The keys for encrypted columns cannot be used: ${d.reason}.`,
  },
  CIPHERTEXT_INVALID: {
    title: "Encrypted value unreadable",
    message: (d) => `An encrypted column holds a value that cannot be read: ${d.reason}.`,
  },
});
