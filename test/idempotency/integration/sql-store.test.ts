import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createIdempotencyStore } from "#src/idempotency/sql-store";
import { idempotencyTable } from "#src/idempotency/table";
import { createFakeClock } from "#src/testing/fake-clock";
import { idempotencyStoreSuite } from "#src/testing/idempotency-store-suite";
import { findService } from "#src/testing/services/find-service";
import { type OpenStore, openStore } from "../stores.ts";

for (const engine of ["sqlite", "postgres", "mysql"] as const) {
  const { missing } = engine === "sqlite" ? {} : await findService(engine);
  if (missing !== undefined) {
    it(`idempotency store: ${engine}`, { skip: missing });
    continue;
  }
  let opened: Promise<OpenStore> | undefined;
  const open = (): Promise<OpenStore> => (opened ??= openStore(engine));
  after(async () => (await opened)?.[Symbol.asyncDispose]());

  let tables = 0;
  idempotencyStoreSuite.run(engine, async () => {
    const { db } = await open();
    const table = `keys_${++tables}`;
    await idempotencyTable(table).up(db.query, db);
    return { store: createIdempotencyStore({ db, table }), transactional: true };
  });

  describe(`idempotency table: ${engine}`, () => {
    it("may be created again, where a migration was cut off, and dropped again", async () => {
      const { db } = await open();
      const table = idempotencyTable("again");
      await table.up(db.query, db);
      await table.up(db.query, db);
      const store = createIdempotencyStore({ db, table: "again" });
      assert.equal(await store.sweep(0, 1), 0);
      await table.down(db.query);
      await table.down(db.query);
      await assert.rejects(store.sweep(0, 1));
    });
  });

  describe(`idempotency store as a service: ${engine}`, () => {
    it("sweeps from time to time while it runs", async () => {
      const { db } = await open();
      await idempotencyTable("swept").up(db.query, db);
      const clock = createFakeClock();
      const store = createIdempotencyStore({ db, table: "swept", clock, sweepEvery: "1m" });
      const now = Math.floor(clock.now());
      for (let key = 0; key < 600; key += 100) {
        const claims = Array.from({ length: 100 }, (_, index) =>
          store.claim({
            id: String(key + index).padStart(64, "0"),
            owner: "one",
            fingerprint: "f",
            now,
            leaseUntil: now,
            expiresAt: now + 1,
          }),
        );
        await Promise.all(claims);
      }
      await store.start?.(AbortSignal.timeout(1_000));
      clock.advance(90_000);
      await store.stop?.(AbortSignal.timeout(10_000));
      const left = await db.query
        .selectFrom("swept" as "orders")
        .select("id")
        .execute();
      assert.ok(left.length <= 100, `${left.length} keys are left: at least one batch of 500 is gone, and stopping ended it`);
      clock.advance(900_000);
      assert.equal(
        (
          await db.query
            .selectFrom("swept" as "orders")
            .select("id")
            .execute()
        ).length,
        left.length,
      );
    });
  });
}
