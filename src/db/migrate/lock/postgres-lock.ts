import { type RawBuilder, sql } from "kysely";
import { HISTORY_TABLE } from "../history.ts";
import type { AnyKysely } from "../migration.ts";
import type { LockMethod, MigrationLock } from "./migration-lock.ts";

/** Tells this use of advisory locks from others of the same database: "plin". */
const CLASS = 0x706c_696e;

/** Schemas of one database are migrated independently of each other. */
const key = (): RawBuilder<number> => sql`(hashtext(${HISTORY_TABLE} || '.' || coalesce(current_schema(), '')) & 2147483647)`;

/**
 * A session's advisory lock. It is tried, never waited for inside the server: a session that waits has a snapshot, for which
 * `CREATE INDEX CONCURRENTLY` in the session that has the lock would wait in turn.
 */
export const postgresLock: LockMethod = {
  async take(connection) {
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${CLASS}::int, ${key()}) as taken`.execute(
      connection,
    );
    return rows[0]?.taken === true ? new AdvisoryLock(connection) : undefined;
  },

  async holder(connection) {
    const { rows } = await sql<{ pid: number; application: string; address: string | null; since: Date | string }>`
      select a.pid, a.application_name as application, a.client_addr::text as address, a.backend_start::text as since
      from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where ${own()} and l.pid <> pg_backend_pid()`.execute(connection);
    const [row] = rows;
    if (row === undefined) return "it was given back just now";
    const from = [row.application, row.address].filter((text) => text !== null && text !== "").join(" from ");
    return `session ${row.pid}${from === "" ? "" : ` of ${from}`}, connected since ${String(row.since)}`;
  },
};

const own = (): RawBuilder<boolean> =>
  sql`l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = ${CLASS}::int::oid and l.objid = ${key()}::oid
    and l.database = (select oid from pg_database where datname = current_database())`;

class AdvisoryLock implements MigrationLock {
  readonly #connection: AnyKysely;

  constructor(connection: AnyKysely) {
    this.#connection = connection;
  }

  async held(): Promise<boolean> {
    const { rows } = await sql`select 1 from pg_locks l where ${own()} and l.pid = pg_backend_pid()`.execute(this.#connection);
    return rows.length > 0;
  }

  async release(): Promise<void> {
    await sql`select pg_advisory_unlock(${CLASS}::int, ${key()})`.execute(this.#connection);
  }
}
