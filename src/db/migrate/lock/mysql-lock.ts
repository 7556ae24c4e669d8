import { type RawBuilder, sql } from "kysely";
import { HISTORY_TABLE } from "../history.ts";
import type { AnyKysely } from "../migration.ts";
import type { LockMethod, MigrationLock } from "./migration-lock.ts";

/** Such locks belong to the whole server and their names have at most 64 characters, so the database is in it as a digest. */
const name = (): RawBuilder<string> => sql`concat(${`${HISTORY_TABLE}.`}, md5(database()))`;

/** A lock of the session by name (`GET_LOCK`). */
export const mysqlLock: LockMethod = {
  async take(connection) {
    const { rows } = await sql<{ taken: number | bigint | null }>`select get_lock(${name()}, 0) as taken`.execute(connection);
    return Number(rows[0]?.taken) === 1 ? new NamedLock(connection) : undefined;
  },

  async holder(connection) {
    const { rows } = await sql<{ id: number | bigint | null }>`select is_used_lock(${name()}) as id`.execute(connection);
    const id = rows[0]?.id ?? undefined;
    return id === undefined ? "it was given back just now" : `session ${id}; SHOW PROCESSLIST tells more`;
  },
};

class NamedLock implements MigrationLock {
  readonly #connection: AnyKysely;

  constructor(connection: AnyKysely) {
    this.#connection = connection;
  }

  async held(): Promise<boolean> {
    const { rows } = await sql<{ own: number | bigint | null }>`select is_used_lock(${name()}) = connection_id() as own`.execute(
      this.#connection,
    );
    return Number(rows[0]?.own) === 1;
  }

  async release(): Promise<void> {
    await sql`select release_lock(${name()})`.execute(this.#connection);
  }
}
