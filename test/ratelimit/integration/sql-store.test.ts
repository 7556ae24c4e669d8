import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { type Database, createDatabase } from "#src/db/mod";
import type { LimitDraw } from "#src/ratelimit/contract";
import { type SqlStore, createSqlStore } from "#src/ratelimit/sql-store";
import { limitTable } from "#src/ratelimit/sql-table";
import { createFakeClock } from "#src/testing/fake-clock";
import { ratePolicy } from "#src/testing/limit-model";
import { limitStoreSuite } from "#src/testing/limit-store-suite";
import type { TestDatabase } from "#src/testing/services/contract";
import { findService } from "#src/testing/services/find-service";
import { createTestDatabase } from "#src/testing/services/test-database";

const MINUTE = 60_000;
const draw = (policy: LimitDraw["policy"], key = "caller", cost = 1): LimitDraw => ({ policy, key, cost });

for (const engine of ["sqlite", "postgres", "mysql"] as const) {
  const { missing } = engine === "sqlite" ? {} : await findService(engine);
  if (missing !== undefined) {
    it(`limit store: ${engine}`, { skip: missing }, () => undefined);
    continue;
  }

  let opened: Promise<{ db: Database<unknown>; database: TestDatabase }> | undefined;
  const open = (): NonNullable<typeof opened> =>
    (opened ??= (async () => {
      const database = await createTestDatabase(engine);
      return { database, db: createDatabase<unknown>({ url: database.url }) };
    })());
  let tables = 0;
  const openStore = async (time?: () => number): Promise<{ store: SqlStore; table: string; db: Database<unknown> }> => {
    const { db } = await open();
    const table = `limits_${++tables}`;
    await limitTable(table).up(db.query, db);
    return { db, table, store: createSqlStore({ db, table, ...(time === undefined ? {} : { time }) }) };
  };
  after(async () => {
    const { db, database } = (await opened) ?? {};
    await db?.stop?.(new AbortController().signal);
    await database?.[Symbol.asyncDispose]();
  });

  limitStoreSuite.run(engine, async () => {
    const clock = createFakeClock();
    return { clock, store: (await openStore(() => clock.now())).store };
  });

  describe(`limits in ${engine}`, () => {
    it("are counted by the server's clock where it has one", async (t) => {
      const { store } = await openStore();
      const meter = store.meter(ratePolicy(2, MINUTE));
      assert.equal((await meter.take("caller", 2)).allowed, true);
      if (engine !== "sqlite") t.mock.method(Date, "now", () => 4_000_000_000_000);
      assert.equal((await meter.take("caller", 1)).allowed, false);
    });

    it("stay counted when the transaction around them is rolled back", async () => {
      // On SQLite whoever writes has the only writer: nothing can be counted beside it.
      if (engine === "sqlite") return;
      const { store, db } = await openStore();
      const limit = ratePolicy(2, MINUTE);
      await assert.rejects(
        db.transaction(async () => {
          await store.takeAll([draw(limit)]);
          throw new Error("rolled back");
        }),
        /rolled back/,
      );
      assert.equal((await store.meter(limit).peek("caller", 1)).remaining, 1);
    });

    it("are exact between two connections that draw of the same keys in other orders", async () => {
      const { store } = await openStore();
      const limits = [ratePolicy(10, 3_600_000), ratePolicy(1_000, 3_600_000)];
      const draws = limits.map((limit) => draw(limit));
      const calls = Array.from({ length: 40 }, (_, index) => store.takeAll(index % 2 === 0 ? draws : draws.toReversed()));
      const passed = (await Promise.all(calls)).filter((readings) => readings.every(({ allowed }) => allowed)).length;
      assert.equal(passed, 10);
      assert.equal((await store.meter(limits[1] as LimitDraw["policy"]).peek("caller", 1)).remaining, 990);
    });

    it("are swept in batches when they mean nothing any more, and counted anew", async () => {
      let now = Date.UTC(2026, 5, 1);
      const { store } = await openStore(() => now);
      const meter = store.meter(ratePolicy(1, 1_000));
      for (let key = 0; key < 25; key += 1) await meter.take(`key ${key}`, 1);
      assert.equal(await store.sweep(now, 10), 0);
      now += 2_000;
      await meter.take("key 0", 1);
      assert.deepEqual([await store.sweep(now, 10), await store.sweep(now, 10), await store.sweep(now, 10)], [10, 10, 4]);
      assert.equal((await meter.take("key 0", 1)).allowed, false);
      assert.equal((await meter.take("key 1", 1)).allowed, true);
    });

    it("have tables that may be created and dropped again", async () => {
      const { db } = await open();
      const table = limitTable("again");
      for (const step of ["up", "up", "down", "down"] as const) await table[step](db.query, db);
      await assert.rejects(async () => createSqlStore({ db, table: "again" }).takeAll([draw(ratePolicy(1, MINUTE))]));
    });
  });
}
