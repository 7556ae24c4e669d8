import type { Clock, Secret } from "../core/mod.ts";
import type { DatabaseDriver } from "./contract.ts";
import { parseDatabaseUrl } from "./database-url.ts";
import { createMysqlDriver } from "./mysql/mysql-driver.ts";
import { createPostgresDriver } from "./postgres/postgres-driver.ts";
import { createSqliteDriver } from "./sqlite/sqlite-driver.ts";

export interface OpenDriverOptions {
  readonly clock: Clock;
  /** SQLite: milliseconds to try for a lock that another process holds. */
  readonly lockTimeout: number;
}

/**
 * The driver for a URL.
 *
 * @throws E_DB_URL_INVALID
 */
export function openDriver(url: string | Secret, { clock, lockTimeout }: OpenDriverOptions): DatabaseDriver {
  const target = parseDatabaseUrl(url);
  if (target.dialect === "sqlite") return createSqliteDriver({ path: target.path, clock, lockTimeout });
  return target.dialect === "postgres" ? createPostgresDriver(target.server) : createMysqlDriver(target.server);
}
