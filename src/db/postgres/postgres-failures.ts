import type { DriverFailure } from "../contract.ts";

/** An error that the server sent (PostgreSQL, "Error and Notice Message Fields"). */
interface ServerError {
  readonly code: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
  readonly detail?: string;
  readonly message: string;
}

const BY_STATE: Readonly<Record<string, DriverFailure["kind"]>> = {
  "23505": "unique",
  "23P01": "unique", // exclusion constraint
  "23503": "foreign-key",
  "23001": "foreign-key", // restrict
  "23502": "not-null",
  "23514": "check",
  "40001": "serialization",
  "40P01": "deadlock",
  "55P03": "busy", // lock not available
  "25006": "read-only",
  "57014": "cancelled",
  "57P01": "lost", // the session was terminated
  "57P02": "lost",
  "57P05": "lost", // idle session time-out
  "25P03": "lost", // idle in transaction time-out
  "57P03": "unavailable", // starting up or shutting down
  "53300": "unavailable", // too many connections
  "26000": "stale-statement",
  "42P05": "stale-statement",
};

/** Errors of sockets and of `pg` itself, which has no codes of its own. */
const LOST = /connection terminated|connection error|connection ended|not queryable|socket|timeout expired/i;
const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ENOENT", "EACCES"]);
const BROKEN_SOCKET = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"]);

export function classifyPostgresError(error: unknown): DriverFailure {
  const { code = "", message = "" } = (error ?? {}) as Partial<ServerError>;
  if (UNREACHABLE.has(code)) return { kind: "unavailable" };
  if (BROKEN_SOCKET.has(code)) return { kind: "lost" };
  if (code.length !== 5) return { kind: LOST.test(message) ? "lost" : "other" };
  return { kind: kindOf(code, message), ...placesOf(error as ServerError) };
}

function kindOf(code: string, message: string): DriverFailure["kind"] {
  // After a change of the schema, `select *` of a statement prepared before it.
  if (code === "0A000" && message.includes("cached plan must not change result type")) return "stale-statement";
  if (code.startsWith("08")) return "lost";
  return BY_STATE[code] ?? "other";
}

function placesOf({ constraint, table, column, detail }: ServerError): Partial<DriverFailure> {
  if (column !== undefined) return { constraint, table, columns: [column] };
  // Key (tenant, email)=(1, ada@example.com) already exists.
  const columns = /^Key \((.*?)\)=/.exec(detail ?? "")?.[1]?.split(", ");
  return { constraint, table, columns };
}
