import assert from "node:assert/strict";
import { type Kysely, createDatabase, sql } from "../../db/mod.ts";
import { type Check, type SuiteSchema, codeOf, gate, ids, withTables } from "./subject.ts";

export const poolCases: Readonly<Record<string, Check>> = {
  "answers within the time-out when no connection is free": withTables(
    async (db) => {
      const done = gate();
      const holders: Promise<void>[] = [];
      while (holders.length < db.pool.size) {
        const started = gate();
        holders.push(
          db.transaction(async (tx) => {
            await ids(tx.query);
            started.resolve();
            await done.promise;
          }),
        );
        // A server may take its time for a connection: one after the other.
        await Promise.race([started.promise, holders.at(-1)]);
      }
      const begun = performance.now();
      assert.equal(await codeOf(db.transaction((tx) => ids(tx.query))), "E_DB_POOL_EXHAUSTED");
      assert.ok(performance.now() - begun < 3_000);
      done.resolve();
      await Promise.all(holders);
      assert.deepEqual(await ids(db.query), []);
    },
    { acquireTimeout: "1s" },
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
