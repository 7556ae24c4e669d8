import assert from "node:assert/strict";
import { createDatabase } from "../../db/mod.ts";
import { type Check, type SuiteSchema, codeOf, ids, insert, withTables } from "./subject.ts";

export const streamCases: Readonly<Record<string, Check>> = {
  "streams all rows in order": withTables(async (db) => {
    const all = Array.from({ length: 25 }, (_, id) => id);
    await insert(db.query, ...all);
    for (const chunk of [1, 5, 7, 25, 100]) {
      const seen: number[] = [];
      for await (const row of db.query.selectFrom("suite_accounts").select("id").orderBy("id").stream(chunk)) seen.push(row.id);
      assert.deepEqual(seen, all, `in chunks of ${chunk}`);
    }
  }),
  "gives the connection back when the consumer stops": withTables(async (db) => {
    await insert(db.query, ...Array.from({ length: 25 }, (_, id) => id));
    for (let round = 0; round < 6; round += 1) {
      for await (const row of db.query.selectFrom("suite_accounts").select("id").orderBy("id").stream(2)) {
        if (row.id === 3) break;
      }
      const failing = async (): Promise<void> => {
        for await (const row of db.query.selectFrom("suite_accounts").select("id").stream(2)) throw new Error(`row ${row.id}`);
      };
      await assert.rejects(failing(), /row/);
      assert.equal((await ids(db.query)).length, 25);
    }
  }),
  "leaves a transaction usable after a stream in it": withTables(async (db) => {
    await insert(db.query, ...Array.from({ length: 10 }, (_, id) => id));
    await db.transaction(async (tx) => {
      for await (const row of tx.query.selectFrom("suite_accounts").select("id").orderBy("id").stream(2)) {
        if (row.id === 3) break;
      }
      await insert(tx.query, 77);
    });
    assert.ok((await ids(db.query)).includes(77));
  }),
  "refuses a statement on a connection whose stream waits for it": withTables(async (db) => {
    await insert(db.query, 1, 2, 3);
    const work = db.transaction(async (tx) => {
      for await (const row of tx.query.selectFrom("suite_accounts").select("id").stream(1)) await insert(tx.query, row.id + 10);
    });
    assert.equal(await codeOf(work), "E_DB_STREAM_OPEN");
    assert.deepEqual(await ids(db.query), [1, 2, 3]);
  }),
  "ends a transaction whose stream was forgotten": async ({ driver }) => {
    const db = createDatabase<SuiteSchema>({ driver });
    const work = db.transaction(async (tx) => {
      const rows = tx.query.selectNoFrom((build) => build.val(1).as("one")).stream(1);
      await rows[Symbol.asyncIterator]().next();
      throw new Error("enough");
    });
    await assert.rejects(work, /enough/);
    assert.equal(db.pool.open, 0, "nobody can tell what is still to come on its connection");
    await db.stop?.(AbortSignal.timeout(1_000));
  },
  "reports a stream that fails": withTables(async (db) => {
    const read = async (): Promise<void> => {
      for await (const row of db.query
        .selectFrom("suite_missing" as never)
        .selectAll()
        .stream(2))
        assert.fail(JSON.stringify(row));
    };
    assert.equal(await codeOf(read()), "E_DB_QUERY_FAILED");
    assert.deepEqual(await ids(db.query), []);
  }),
};
