import type { DatabaseDialect } from "../contract.ts";
import { type RawBuilder, sql } from "kysely";
import type { AnyKysely } from "./migration.ts";

/** Where migrations are recorded. */
export const HISTORY_TABLE = "plinth_migrations";

const TABLE = sql.table(HISTORY_TABLE);

/**
 * `applied`: done. `running` and `reverting`: begun without a transaction that would undo it; whoever has the lock and finds it knows that
 * its migrator was cut off. `failed`: it threw, and part of it may be there.
 */
export type RecordState = "applied" | "running" | "failed" | "reverting";

/** One migration as the database remembers it. */
export interface MigrationRecord {
  readonly name: string;
  readonly checksum: string | undefined;
  /** Migrations of one run have the same number. */
  readonly batch: number;
  readonly state: RecordState;
  /** ISO 8601, in UTC, by the migrator's clock: when it was done, or else when it was begun. */
  readonly appliedAt: string;
  readonly durationMs: number;
  /** How far it got, where it is not done. */
  readonly detail: string | undefined;
}

interface Row {
  readonly name: string;
  readonly checksum: string | null;
  readonly batch: number | bigint;
  readonly state: string;
  readonly applied_at: string;
  readonly duration_ms: number | bigint;
  readonly detail: string | null;
}

/** The table of records, through any handle: a connection, a transaction, or one that only writes down what it would run. */
export class MigrationHistory {
  readonly #engine: DatabaseDialect;

  constructor(engine: DatabaseDialect) {
    this.#engine = engine;
  }

  async exists(db: AnyKysely): Promise<boolean> {
    const { rows } = await this.#existence().execute(db);
    return rows.length > 0;
  }

  #existence(): RawBuilder<unknown> {
    if (this.#engine === "sqlite") return sql`select 1 from sqlite_master where type = 'table' and name = ${HISTORY_TABLE}`;
    if (this.#engine === "postgres") return sql`select 1 where to_regclass(${HISTORY_TABLE}) is not null`;
    return sql`select 1 from information_schema.tables where table_schema = database() and table_name = ${HISTORY_TABLE}`;
  }

  /** Call it under the lock: two sessions that create a table at once disturb each other, `if not exists` or not. */
  async create(db: AnyKysely): Promise<void> {
    const binary = this.#engine === "mysql" ? sql` character set utf8mb4 collate utf8mb4_bin` : sql``;
    const options = this.#engine === "mysql" ? sql` engine = InnoDB` : sql``;
    await sql`create table if not exists ${TABLE} (
  name varchar(255)${binary} not null primary key,
  checksum varchar(64),
  batch integer not null,
  state varchar(16) not null,
  applied_at varchar(32) not null,
  duration_ms integer not null,
  detail text
)${options}`.execute(db);
  }

  /** In the order of names; none where there is no table. */
  async read(db: AnyKysely): Promise<readonly MigrationRecord[]> {
    if (!(await this.exists(db))) return [];
    const { rows } = await sql<Row>`select name, checksum, batch, state, applied_at, duration_ms, detail from ${TABLE}`.execute(
      db,
    );
    return rows.map(toRecord).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async insert(db: AnyKysely, record: MigrationRecord): Promise<void> {
    const { name, checksum = null, batch, state, appliedAt, durationMs, detail = null } = record;
    await sql`insert into ${TABLE} (name, checksum, batch, state, applied_at, duration_ms, detail) values (${name}, ${checksum}, ${batch}, ${state}, ${appliedAt}, ${durationMs}, ${detail})`.execute(
      db,
    );
  }

  /** Replaces a record in one statement, so that there is none only when there never was one. */
  async replace(db: AnyKysely, record: MigrationRecord): Promise<void> {
    const { name, checksum = null, batch, state, appliedAt, durationMs, detail = null } = record;
    await sql`update ${TABLE} set checksum = ${checksum}, batch = ${batch}, state = ${state}, applied_at = ${appliedAt}, duration_ms = ${durationMs}, detail = ${detail} where name = ${name}`.execute(
      db,
    );
  }

  async note(db: AnyKysely, name: string, change: { readonly state: RecordState; readonly detail: string }): Promise<void> {
    await sql`update ${TABLE} set state = ${change.state}, detail = ${change.detail} where name = ${name}`.execute(db);
  }

  async forget(db: AnyKysely, name: string): Promise<void> {
    await sql`delete from ${TABLE} where name = ${name}`.execute(db);
  }
}

function toRecord(row: Row): MigrationRecord {
  return {
    name: row.name,
    checksum: row.checksum ?? undefined,
    batch: Number(row.batch),
    state: row.state as RecordState,
    appliedAt: row.applied_at,
    durationMs: Number(row.duration_ms),
    detail: row.detail ?? undefined,
  };
}
