import type { DriverFailure } from "../contract.ts";

// Server error numbers: MySQL's "Server Error Message Reference", and MariaDB's, which differ in some of the newer ones.
const BY_NUMBER: Readonly<Record<number, DriverFailure["kind"]>> = {
  1062: "unique", // ER_DUP_ENTRY
  1586: "unique", // ER_DUP_ENTRY_WITH_KEY_NAME
  1216: "foreign-key", // ER_NO_REFERENCED_ROW
  1217: "foreign-key", // ER_ROW_IS_REFERENCED
  1451: "foreign-key", // ER_ROW_IS_REFERENCED_2
  1452: "foreign-key", // ER_NO_REFERENCED_ROW_2
  1048: "not-null", // ER_BAD_NULL_ERROR
  1364: "not-null", // ER_NO_DEFAULT_FOR_FIELD
  3819: "check", // ER_CHECK_CONSTRAINT_VIOLATED
  4025: "check", // MariaDB: ER_CONSTRAINT_FAILED
  1213: "deadlock", // ER_LOCK_DEADLOCK
  1020: "serialization", // ER_CHECKREAD: MariaDB's snapshot isolation, since 11.6
  1205: "busy", // ER_LOCK_WAIT_TIMEOUT
  3572: "busy", // ER_LOCK_NOWAIT
  1792: "read-only", // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  1290: "read-only", // ER_OPTION_PREVENTS_STATEMENT: the server is a replica
  1836: "read-only", // ER_READ_ONLY_MODE
  1317: "cancelled", // ER_QUERY_INTERRUPTED
  1969: "cancelled", // MariaDB: ER_STATEMENT_TIMEOUT
  3024: "cancelled", // MySQL: ER_QUERY_TIMEOUT
  1053: "lost", // ER_SERVER_SHUTDOWN
  1927: "lost", // MariaDB: ER_CONNECTION_KILLED
  4031: "lost", // ER_CLIENT_INTERACTION_TIMEOUT
  1040: "unavailable", // ER_CON_COUNT_ERROR
  1203: "unavailable", // ER_TOO_MANY_USER_CONNECTIONS
  1243: "stale-statement", // ER_UNKNOWN_STMT_HANDLER
  1615: "stale-statement", // ER_NEED_REPREPARE
};

const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ENOENT", "EACCES"]);
const BROKEN_SOCKET = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "PROTOCOL_CONNECTION_LOST"]);

/** A connection that was cut from this side, with something still running on it. */
export class MysqlConnectionCut extends Error {
  override readonly name: string = "MysqlConnectionCut";
}

export function classifyMysqlError(error: unknown): DriverFailure {
  if (error instanceof MysqlConnectionCut) return { kind: "lost", endsTransaction: true };
  const {
    errno,
    code = "",
    message = "",
    fatal,
  } = (error ?? {}) as {
    errno?: number;
    code?: string;
    message?: string;
    fatal?: boolean;
  };
  if (UNREACHABLE.has(code)) return { kind: "unavailable" };
  if (BROKEN_SOCKET.has(code)) return { kind: "lost", endsTransaction: true };
  const kind = errno === undefined ? undefined : BY_NUMBER[errno];
  if (kind === undefined)
    return fatal === true || /closed state/.test(message) ? { kind: "lost", endsTransaction: true } : { kind: "other" };
  // After a deadlock the server has rolled everything back, and goes on without a transaction.
  return {
    kind,
    endsTransaction: kind === "deadlock" || kind === "serialization" || kind === "lost",
    ...placesOf(kind, message),
  };
}

const CONSTRAINT = /CONSTRAINT `([^`]+)` FOREIGN KEY \(([^)]*)\)/;

function placesOf(kind: DriverFailure["kind"], message: string): Partial<DriverFailure> {
  switch (kind) {
    case "unique": {
      // MySQL 8 writes 'accounts.email', MariaDB 'email'.
      const key = /for key '(?:([^'.]+)\.)?([^']+)'$/.exec(message);
      return { table: key?.[1], constraint: key?.[2] };
    }
    case "foreign-key": {
      const match = CONSTRAINT.exec(message);
      return { constraint: match?.[1], columns: match?.[2]?.split(", ").map((column) => column.replaceAll("`", "")) };
    }
    case "not-null": {
      const column = /(?:Column|Field) '([^']+)'/.exec(message)?.[1];
      return column === undefined ? {} : { columns: [column] };
    }
    case "check": {
      // MySQL: Check constraint 'positive' is violated. MariaDB: CONSTRAINT `positive` failed for `shop`.`orders`
      return { constraint: /(?:Check constraint|CONSTRAINT) ['`]([^'`]+)['`]/.exec(message)?.[1] };
    }
    default:
      return {};
  }
}
