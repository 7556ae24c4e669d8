import assert from "node:assert/strict";
import { describe } from "node:test";
import { type Database, createDatabase } from "#src/db/mod";
import { testEngines } from "#src/testing/services/test-engines";

interface Schema {
  rows: { id: number; owner: string };
}

async function withRows(url: string, run: (db: Database<Schema>) => Promise<void>): Promise<void> {
  const db = createDatabase<Schema>({ url, connections: 2 });
  try {
    await db.query.schema
      .createTable("rows")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("owner", "varchar(20)")
      .execute();
    await run(db);
  } finally {
    await db.stop?.(AbortSignal.timeout(1_000));
  }
}

const save = (db: Database<Schema>, id: number, owner = "a"): Promise<unknown> =>
  db.query.insertInto("rows").values({ id, owner }).execute();
const savedIn = async (db: Database<Schema>): Promise<readonly number[]> =>
  (await db.query.selectFrom("rows").select("id").orderBy("id").execute()).map(({ id }) => id);

/** Something outside that a function waits for in the middle of its work. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

describe("a nested transaction", () => {
  testEngines("writes nothing after the one around it was rolled back", ({ url }) =>
    withRows(url, async (db) => {
      await save(db, 1);
      const [begun, elsewhere] = [gate(), gate()];
      let late: Promise<unknown> = Promise.resolve();
      const work = db.transaction(async () => {
        await save(db, 2);
        late = db.transaction(async () => {
          begun.open();
          await elsewhere.passed;
          await save(db, 3);
        });
        late.catch(() => undefined);
        await begun.passed;
        // Both at once, as in Promise.all: this one fails while the other still waits.
        await Promise.all([late, Promise.reject(new Error("no"))]);
      });
      await assert.rejects(work, /no/);
      elsewhere.open();
      await assert.rejects(late, { code: "E_DB_TRANSACTION_ENDED" });
      assert.deepEqual(await savedIn(db), [1]);
    }),
  );

  testEngines("that outlives its own leaves alone whoever has the connection next", ({ url }) =>
    withRows(url, async (db) => {
      const [begun, elsewhere] = [gate(), gate()];
      let late: Promise<unknown> = Promise.resolve();
      const first = db.transaction(async () => {
        late = db.transaction(async () => {
          await save(db, 1);
          begun.open();
          await elsewhere.passed;
          await save(db, 2);
        });
        late.catch(() => undefined);
        await begun.passed;
        throw new Error("gave up");
      });
      await assert.rejects(first, /gave up/);
      const done: string[] = [];
      // With a savepoint of the same name.
      await db.transaction(async (tx) => {
        tx.afterCommit(() => void done.push("committed"));
        await save(db, 10, "b");
        await db.transaction(async () => {
          await save(db, 11, "b");
          elsewhere.open();
          await late.catch(() => undefined);
        });
        await save(db, 12, "b");
      });
      await assert.rejects(late, { code: "E_DB_TRANSACTION_ENDED" });
      assert.deepEqual(await savedIn(db), [10, 11, 12]);
      assert.deepEqual(done, ["committed"]);
    }),
  );

  testEngines("that nobody awaited is part of the one around it, or undone when it fails", ({ url }) =>
    withRows(url, async (db) => {
      const late = gate();
      await db.transaction(async () => {
        await save(db, 1);
        void db.transaction(async () => {
          await late.passed;
          await save(db, 2);
        });
        const failing = db.transaction(async () => {
          await save(db, 3);
          throw new Error("no");
        });
        failing.catch(() => undefined);
        late.open();
      });
      assert.deepEqual(await savedIn(db), [1, 2]);
    }),
  );

  testEngines("that fails takes nothing with it that the one around it writes meanwhile", ({ url }) =>
    withRows(url, async (db) => {
      await db.transaction(async (tx) => {
        const [begun, elsewhere] = [gate(), gate()];
        const failing = db.transaction(async () => {
          await save(db, 1);
          begun.open();
          await elsewhere.passed;
          // By the name of the one around it, from inside: part of this one, and not a wait for itself.
          await tx.query.insertInto("rows").values({ id: 2, owner: "a" }).execute();
          throw new Error("no");
        });
        await begun.passed;
        const beside = [save(db, 7), tx.query.insertInto("rows").values({ id: 8, owner: "a" }).execute()];
        elsewhere.open();
        await assert.rejects(failing, /no/);
        await Promise.all(beside);
      });
      assert.deepEqual(await savedIn(db), [7, 8]);
    }),
  );
});
