import assert from "node:assert/strict";
import { leaveTransaction } from "../../db/mod.ts";
import { type Check, codeOf, gate, ids, insert, withTables } from "./subject.ts";

export const transactionCases: Readonly<Record<string, Check>> = {
  "keeps what is committed and nothing of what is rolled back": withTables(async (db) => {
    await db.transaction((tx) => insert(tx.query, 1));
    const failed = db.transaction(async (tx) => {
      await insert(tx.query, 2);
      throw new Error("changed my mind");
    });
    await assert.rejects(failed, /changed my mind/);
    assert.deepEqual(await ids(db.query), [1]);
  }),
  "shows nobody what is not committed": withTables(async (db) => {
    const [inside, outside] = [gate(), gate()];
    const work = db.transaction(async (tx) => {
      await insert(tx.query, 1);
      inside.resolve();
      await outside.promise;
    });
    await inside.promise;
    // Where reads have no session of their own, they wait instead.
    const seen = ids(db.query);
    outside.resolve();
    await work;
    assert.ok([0, 1].includes((await seen).length));
    assert.deepEqual(await ids(db.query), [1]);
  }),
  "makes queries of the code inside its own": withTables(async (db) => {
    await db
      .transaction(async () => {
        await insert(db.query, 1);
        assert.deepEqual(await ids(db.query), [1]);
        assert.deepEqual(await ids(db.read), [1]);
        throw new Error("no");
      })
      .catch(() => undefined);
    assert.deepEqual(await ids(db.query), []);
  }),
  "rolls a nested transaction back by itself": withTables(async (db) => {
    await db.transaction(async (tx) => {
      await insert(tx.query, 1);
      await assert.rejects(
        db.transaction(async (inner) => {
          await insert(inner.query, 2);
          await db.transaction((innermost) => insert(innermost.query, 3));
          throw new Error("inner");
        }),
        /inner/,
      );
      await db.transaction((inner) => insert(inner.query, 4));
    });
    assert.deepEqual(await ids(db.query), [1, 4]);
  }),
  "goes on after a statement that failed in a nested transaction": withTables(async (db) => {
    await db.transaction(async (tx) => {
      await insert(tx.query, 1);
      assert.equal(await codeOf(db.transaction((inner) => insert(inner.query, 1))), "E_DB_UNIQUE_VIOLATION");
      await insert(tx.query, 2);
    });
    assert.deepEqual(await ids(db.query), [1, 2]);
  }),
  "lets nested transactions at the same time take turns": withTables(async (db) => {
    await db.transaction(async () => {
      const nested = [1, 2, 3, 4].map((id) =>
        db.transaction(async (tx) => {
          await insert(tx.query, id);
          await ids(tx.query);
          if (id % 2 === 0) throw new Error("even");
        }),
      );
      await Promise.allSettled(nested);
    });
    assert.deepEqual(await ids(db.query), [1, 3]);
  }),
  "runs statements that are given at the same time one after the other": withTables(async (db) => {
    await db.transaction((tx) => Promise.all([1, 2, 3, 4, 5].map((id) => insert(tx.query, id))));
    assert.deepEqual(await ids(db.query), [1, 2, 3, 4, 5]);
  }),
  "does tasks after the commit, in order, and forgets those of what is rolled back": withTables(async (db) => {
    const done: string[] = [];
    await db.transaction(async (tx) => {
      tx.afterCommit(() => void done.push("first"));
      await db.transaction(async (inner) => inner.afterCommit(() => void done.push("second")));
      await db
        .transaction(async (inner) => {
          inner.afterCommit(() => void done.push("never"));
          throw new Error("inner");
        })
        .catch(() => undefined);
      tx.afterCommit(async () => void done.push(`sees ${(await ids(db.query)).length}`));
      await insert(tx.query, 1);
      assert.deepEqual(done, []);
    });
    assert.deepEqual(done, ["first", "second", "sees 1"]);
  }),
  "refuses queries of a transaction that is over": withTables(async (db) => {
    let late: Promise<unknown> | undefined;
    const over = gate();
    const kept = await db.transaction(async (tx) => {
      late = over.promise.then(() => ids(db.query));
      return tx;
    });
    assert.equal(await codeOf(ids(kept.query)), "E_DB_TRANSACTION_ENDED");
    over.resolve();
    assert.equal(await codeOf(late as Promise<unknown>), "E_DB_TRANSACTION_ENDED");
  }),
  "reads outside of a transaction when it is told to": withTables(async (db) => {
    if (db.pool.size === 1) return; // what is written inside would block what is outside
    await db.transaction(async (tx) => {
      await insert(tx.query, 1);
      assert.deepEqual(await leaveTransaction(() => ids(db.query)), []);
    });
  }),
  "loses no update of many at once": withTables(
    async (db) => {
      await insert(db.query, 1);
      const add = (): Promise<void> =>
        db.transaction({ isolation: "serializable", retries: 100 }, async (tx) => {
          const row = await tx.query.selectFrom("suite_accounts").select("balance").where("id", "=", 1).executeTakeFirstOrThrow();
          await tx.query
            .updateTable("suite_accounts")
            .set({ balance: row.balance + 1 })
            .where("id", "=", 1)
            .execute();
        });
      await Promise.all(Array.from({ length: 12 }, add));
      const row = await db.query.selectFrom("suite_accounts").select("balance").executeTakeFirstOrThrow();
      assert.equal(row.balance, 12);
    },
    { acquireTimeout: "20s" },
  ),
  "runs again what a deadlock has ended": withTables(async (db) => {
    await insert(db.query, 1, 2);
    const add = (id: number): Promise<unknown> =>
      db.query
        .updateTable("suite_accounts")
        .set((build) => ({ balance: build("balance", "+", 1) }))
        .where("id", "=", id)
        .execute();
    const bothInside = gate();
    let inside = 0;
    const cross = (first: number, second: number): Promise<void> =>
      db.transaction({ retries: 20 }, async () => {
        await add(first);
        inside += 1;
        if (inside === 2 || db.pool.size === 1) bothInside.resolve();
        await bothInside.promise;
        await add(second);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    const rows = await db.query.selectFrom("suite_accounts").select("balance").execute();
    assert.deepStrictEqual(rows, [{ balance: 2 }, { balance: 2 }]);
  }),
};
