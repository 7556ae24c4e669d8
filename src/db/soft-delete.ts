import { type Expression, type SqlBool, sql } from "kysely";
import { type Clock, systemClock } from "../core/mod.ts";

export interface SoftDeleteOptions<Column extends string> {
  /** Holds when a row was deleted; null while it lives. Default `"deleted_at"`. */
  readonly column?: Column;
  readonly clock?: Clock;
}

/** How rows of a table are deleted without going away. */
export interface SoftDelete<Column extends string> {
  /** For `where`: rows that live. */
  readonly alive: Expression<SqlBool>;
  /** For `where`: rows that were deleted. */
  readonly deleted: Expression<SqlBool>;
  /** For `set`: deletes now. */
  deletion(): Readonly<Record<Column, Date>>;
  /** For `set`: brings back. */
  revival(): Readonly<Record<Column, null>>;
}

/**
 * The parts of queries on a table whose rows are only marked as deleted. They stand in the queries, not in a plugin that adds them unseen: what a
 * query reads is what is written there.
 *
 * @param table as it is called in the queries: an alias where they use one
 * @example
 * const files = softDelete("files");
 * await db.query.selectFrom("files").selectAll().where(files.alive).execute();
 * await db.query.updateTable("files").set(files.deletion()).where("id", "=", id).where(files.alive).execute();
 */
export function softDelete<Column extends string = "deleted_at">(
  table: string,
  options: SoftDeleteOptions<Column> = {},
): SoftDelete<Column> {
  const { column = "deleted_at" as Column, clock = systemClock } = options;
  const reference = sql.ref(`${table}.${column}`);
  return {
    alive: sql<SqlBool>`${reference} is null`,
    deleted: sql<SqlBool>`${reference} is not null`,
    deletion: () => ({ [column]: new Date(clock.now()) }) as Record<Column, Date>,
    revival: () => ({ [column]: null }) as Record<Column, null>,
  };
}
