import { isSecret, type Secret, suggest } from "../core/mod.ts";
import type { DatabaseDialect } from "./contract.ts";
import { errors } from "./errors.ts";

/** How the connection is encrypted, in libpq's words. */
export type TlsMode = "disable" | "require" | "verify-ca" | "verify-full";

/** A server, from a URL. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** A folder (PostgreSQL) or file (MySQL) of a local socket, instead of host and port. */
  readonly socket: string | undefined;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: TlsMode;
  /** File with the certificates of the authorities to trust instead of the system's. */
  readonly tlsRootFile: string | undefined;
  /** Shown by the server beside each session. */
  readonly applicationName: string;
}

export type DatabaseTarget =
  | { readonly dialect: "sqlite"; readonly path: string }
  | { readonly dialect: Exclude<DatabaseDialect, "sqlite">; readonly server: ServerAddress };

const SCHEMES: Readonly<Record<string, DatabaseDialect>> = {
  "sqlite:": "sqlite",
  "postgres:": "postgres",
  "postgresql:": "postgres",
  "mysql:": "mysql",
  "mariadb:": "mysql",
};
const PORTS = { postgres: 5432, mysql: 3306 } as const;
const PARAMETERS = ["sslmode", "sslrootcert", "application_name", "socket"];
const TLS_MODES: readonly string[] = ["disable", "require", "verify-ca", "verify-full"] satisfies TlsMode[];

/**
 * Reads a database URL.
 *
 * - `sqlite:./data/app.db`, `sqlite:/var/lib/app.db`, `sqlite::memory:`
 * - `postgres://user:password@host:5432/name?sslmode=verify-full`
 * - `mysql://user:password@host:3306/name`
 *
 * Parameters: `sslmode` (`disable` by default, `require`: encrypted but unverified, `verify-ca`, `verify-full`), `sslrootcert` (a file),
 * `application_name`, `socket` (PostgreSQL: a folder; MySQL: a file).
 *
 * @throws E_DB_URL_INVALID, for unknown parameters too. The message never holds the URL: there may be a password in it
 */
export function parseDatabaseUrl(url: string | Secret): DatabaseTarget {
  const text = isSecret(url) ? url.reveal() : url;
  const scheme = /^[a-z]+:/.exec(text)?.[0] ?? "";
  const dialect = SCHEMES[scheme];
  if (dialect === undefined) throw errors.URL_INVALID({ reason: `it starts with no scheme that is known ("${scheme}")` });
  return dialect === "sqlite"
    ? { dialect, path: sqlitePath(text.slice(scheme.length)) }
    : { dialect, server: serverAddress(text, dialect) };
}

function sqlitePath(rest: string): string {
  if (rest.includes("?")) throw errors.URL_INVALID({ reason: "SQLite URLs take no parameters" });
  const path = rest.startsWith("//") ? rest.slice(2) : rest;
  if (path === "") throw errors.URL_INVALID({ reason: "no file is named" });
  return path === ":memory:" ? path : decode(path);
}

function serverAddress(text: string, dialect: "postgres" | "mysql"): ServerAddress {
  if (!URL.canParse(text))
    throw errors.URL_INVALID({ reason: "it is no URL; characters such as @ : / # in a password are written %40 %3A %2F %23" });
  const { hostname, port, username, password, pathname, searchParams, hash } = new URL(text);
  if (hash !== "") throw errors.URL_INVALID({ reason: "it has a fragment; a # in a password is written %23" });
  const unknown = [...searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) throw errors.URL_INVALID({ reason: `the parameter "${unknown}" is unknown${hint(unknown)}` });
  const tls = searchParams.get("sslmode") ?? "disable";
  if (!TLS_MODES.includes(tls)) throw errors.URL_INVALID({ reason: `sslmode is "${tls}", not one of ${TLS_MODES.join(", ")}` });
  const database = decode(pathname.slice(1));
  if (database === "") throw errors.URL_INVALID({ reason: "no database is named after the host" });
  return {
    // IPv6 addresses stand in brackets in URLs only.
    host: hostname === "" ? "localhost" : hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? PORTS[dialect] : Number(port),
    socket: searchParams.get("socket") ?? undefined,
    user: username === "" ? (dialect === "mysql" ? "root" : "postgres") : decode(username),
    password: password === "" ? undefined : decode(password),
    database,
    tls: tls as TlsMode,
    tlsRootFile: searchParams.get("sslrootcert") ?? undefined,
    applicationName: searchParams.get("application_name") ?? "plinth",
  };
}

function hint(name: string): string {
  const similar = suggest(name, PARAMETERS);
  return similar === undefined ? "" : ` (did you mean "${similar}"?)`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw errors.URL_INVALID({ reason: "a % in it starts no escape; a % itself is written %25" }, { cause });
  }
}
