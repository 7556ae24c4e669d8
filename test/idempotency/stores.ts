import { createDatabase } from "#src/db/create-database";
import type { EngineName } from "#src/testing/services/contract";
import { createTestDatabase } from "#src/testing/services/test-database";
import type { Database } from "#src/db/contract";
import { type SqlIdempotencyStore, createIdempotencyStore } from "#src/idempotency/sql-store";
import { idempotencyTable } from "#src/idempotency/table";

/** Orders that handlers under test write. */
export interface Tables {
  orders: { readonly id: string; readonly item: string };
}

/** A throw-away database with the table of keys and one of orders. */
export interface OpenStore extends AsyncDisposable {
  readonly url: string;
  readonly db: Database<Tables>;
  readonly store: SqlIdempotencyStore;
  readonly transactional: true;
  orders(): Promise<number>;
}

export async function openStore(engine: EngineName): Promise<OpenStore> {
  const { url, [Symbol.asyncDispose]: drop } = await createTestDatabase(engine);
  const db = createDatabase<Tables>({ url });
  await idempotencyTable().up(db.query, db);
  await db.query.schema
    .createTable("orders")
    .addColumn("id", "varchar(64)", (column) => column.primaryKey())
    .addColumn("item", "varchar(255)", (column) => column.notNull())
    .execute();
  return {
    url,
    db,
    store: createIdempotencyStore({ db }),
    transactional: true,
    async orders() {
      return (await db.query.selectFrom("orders").select("id").execute()).length;
    },
    async [Symbol.asyncDispose]() {
      await db.stop?.(AbortSignal.timeout(5_000));
      await drop();
    },
  };
}
