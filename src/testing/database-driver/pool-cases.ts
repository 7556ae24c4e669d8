import assert from "node:assert/strict";
import { type Kysely, createDatabase, sql } from "../../db/mod.ts";
import { type Check, type SuiteSchema, codeOf, gate, ids, withTables } from "./subject.ts";

export const poolCases: Readonly<Record<string, Check>> = {
  "answers within the time-out when no connection is free": withTables(
    async (db) => {
      const [done, started] = [gate(), gate()];
      let inside = 0;
      const holders = Array.from({ length: db.pool.size }, () =>
        db.transaction(async (tx) => {
          await ids(tx.query);
          inside += 1;
          if (inside === db.pool.size) started.resolve();
          await done.promise;
        }),
      );
      await started.promise;
      const begun = performance.now();
      assert.equal(await codeOf(db.transaction((tx) => ids(tx.query))), "E_DB_POOL_EXHAUSTED");
      assert.ok(performance.now() - begun < 1_500);
      done.resolve();
      await Promise.all(holders);
      assert.deepEqual(await ids(db.query), []);
    },
    { acquireTimeout: "200ms" },
  ),
  "lets what is under way end before it stops": async ({ driver }) => {
    const db = createDatabase<SuiteSchema>({ driver });
    const answer = (query: Kysely<SuiteSchema>): Promise<unknown> => sql`select 1`.execute(query);
    const [started, done] = [gate(), gate()];
    const work = db.transaction(async (tx) => {
      started.resolve();
      await done.promise;
      return answer(tx.query);
    });
    await started.promise;
    const stopped = db.stop?.(AbortSignal.timeout(5_000));
    assert.equal(await codeOf(answer(db.query)), "E_DB_STOPPED");
    done.resolve();
    await Promise.all([work, stopped]);
    assert.equal(db.pool.open, 0);
  },
};
