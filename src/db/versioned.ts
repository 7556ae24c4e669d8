import { type DeleteQueryBuilder, type DeleteResult, type UpdateQueryBuilder, type UpdateResult, sql } from "kysely";
import { errors } from "./errors.ts";

export interface VersionOptions {
  /** The version that the caller has seen: of the row it read, or of its `If-Match`. */
  readonly version: number;
  /** The column that counts changes. Default `"version"`. */
  readonly column?: string;
}

/**
 * Changes a row only if it is still the one that was seen, and counts its version up.
 *
 * @returns the new version
 * @throws E_DB_VERSION_CONFLICT (412) when it was changed or removed in the meantime
 * @example
 * const version = await updateVersioned(
 *   db.query.updateTable("files").set({ name }).where("id", "=", id),
 *   { version: 3 },
 * );
 */
export async function updateVersioned<Schema, Table extends keyof Schema, From extends keyof Schema>(
  query: UpdateQueryBuilder<Schema, Table, From, UpdateResult>,
  { version, column = "version" }: VersionOptions,
): Promise<number> {
  const changed = query.set({ [column]: version + 1 } as never).where(sql<boolean>`${sql.ref(column)} = ${version}`);
  const { numUpdatedRows } = await changed.executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw errors.VERSION_CONFLICT({});
  return version + 1;
}

/**
 * Removes a row only if it is still the one that was seen.
 *
 * @throws E_DB_VERSION_CONFLICT (412) when it was changed or removed in the meantime
 */
export async function deleteVersioned<Schema, Table extends keyof Schema>(
  query: DeleteQueryBuilder<Schema, Table, DeleteResult>,
  { version, column = "version" }: VersionOptions,
): Promise<void> {
  const { numDeletedRows } = await query.where(sql<boolean>`${sql.ref(column)} = ${version}`).executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) throw errors.VERSION_CONFLICT({});
}
