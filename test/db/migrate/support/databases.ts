import type { Database, DatabaseDialect } from "#src/db/contract";
import { createDatabase } from "#src/db/create-database";
import type { MigrationSchema } from "#src/db/migrate/migration";

/** A database of the test's own. */
export interface OwnDatabase {
  readonly engine: DatabaseDialect;
  readonly url: string;
  /** A client of its own: connections that nobody else here has. */
  connect(): TestClient;
}

export type TestClient = Database<MigrationSchema> & AsyncDisposable;

export function openClient(url: string): TestClient {
  const database = createDatabase<MigrationSchema>({ url, connections: 3 });
  const stop = (): Promise<void> => Promise.resolve(database.stop?.(AbortSignal.timeout(5_000)));
  return Object.assign(database, { [Symbol.asyncDispose]: stop });
}
