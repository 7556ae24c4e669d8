import { type Database, type DatabaseOptions, createDatabase } from "#src/db/mod";

/** An empty database in memory, gone with the test. */
export function openMemory<Schema>(options: DatabaseOptions = {}): Database<Schema> & AsyncDisposable {
  const database = createDatabase<Schema>({ url: "sqlite::memory:", ...options });
  return Object.assign(database, { [Symbol.asyncDispose]: async () => database.stop?.(AbortSignal.timeout(1_000)) });
}
