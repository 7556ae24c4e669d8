import { createDatabase } from "../../src/db/mod.ts";
import type { EngineName } from "../../src/testing/mod.ts";
import type { Operations } from "./drivers.ts";
import { type Tables, operationsOf } from "./kysely.ts";

/** The room as an app has it: time-outs, deadlines, cancelling, channels and the slow-query watch are on. */
export async function openPlinth(_engine: EngineName, url: string): Promise<Operations> {
  const db = createDatabase<Tables>({ url, connections: 8 });
  return {
    ...operationsOf(db.query),
    transaction: (id) =>
      db.transaction(async ({ query }) => {
        const { price } = await query
          .selectFrom("items")
          .select(["id", "name", "price"])
          .where("id", "=", id)
          .executeTakeFirstOrThrow();
        await query
          .updateTable("items")
          .set({ price: price + 1 })
          .where("id", "=", id)
          .execute();
      }),
    close: async () => db[Symbol.asyncDispose](),
  };
}
