import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Database, countQueries, deleteVersioned, expectQueries, softDelete, updateVersioned } from "#src/db/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { openMemory } from "./support/memory-database.ts";

interface Schema {
  files: { id: number; name: string; version: number; deleted_at: Date | string | null };
}

async function openFiles(): Promise<Database<Schema> & AsyncDisposable> {
  const db = openMemory<Schema>();
  await db.query.schema
    .createTable("files")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "text")
    .addColumn("version", "integer")
    .addColumn("deleted_at", "text")
    .execute();
  const file = (id: number): Schema["files"] => ({ id, name: `file ${id}`, version: 1, deleted_at: null });
  await db.query
    .insertInto("files")
    .values([file(1), file(2)])
    .execute();
  return db;
}

describe("a version column", () => {
  test("lets one of two who saw the same row change it", async () => {
    await using db = await openFiles();
    const rename = (name: string): Promise<number> =>
      updateVersioned(db.query.updateTable("files").set({ name }).where("id", "=", 1), { version: 1 });
    const outcomes = await Promise.allSettled([rename("first"), rename("second")]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : (outcome.reason as { code: string }).code)),
      [2, "E_DB_VERSION_CONFLICT"],
    );
    const rows = await db.query.selectFrom("files").select(["id", "name", "version"]).execute();
    assert.deepEqual(rows, [
      { id: 1, name: "first", version: 2 },
      { id: 2, name: "file 2", version: 1 },
    ]);
  });

  test("keeps a row from being removed that has changed, and is a conflict for one that is gone", async () => {
    await using db = await openFiles();
    const remove = (version: number): Promise<void> =>
      deleteVersioned(db.query.deleteFrom("files").where("id", "=", 2), { version });
    await assert.rejects(remove(7), { code: "E_DB_VERSION_CONFLICT", status: 412 });
    await remove(1);
    await assert.rejects(remove(1), { code: "E_DB_VERSION_CONFLICT" });
    assert.equal((await db.query.selectFrom("files").select("id").execute()).length, 1);
  });
});

describe("soft deletion", () => {
  test("hides rows, keeps them, and brings them back", async () => {
    await using db = await openFiles();
    const files = softDelete("files", { clock: createFakeClock() });
    const alive = async (): Promise<number[]> =>
      (await db.query.selectFrom("files").select("id").where(files.alive).execute()).map((row) => row.id);
    const remove = db.query.updateTable("files").set(files.deletion()).where("id", "=", 1).where(files.alive);
    assert.equal((await remove.executeTakeFirst()).numUpdatedRows, 1n);
    assert.equal((await remove.executeTakeFirst()).numUpdatedRows, 0n, "once is enough");
    assert.deepEqual(await alive(), [2]);
    const gone = await db.query.selectFrom("files").select("deleted_at").where(files.deleted).execute();
    assert.deepEqual(gone, [{ deleted_at: "2026-01-01T00:00:00.000Z" }]);
    await db.query.updateTable("files").set(files.revival()).where("id", "=", 1).execute();
    assert.deepEqual(await alive(), [1, 2]);
  });
});

describe("a count of queries", () => {
  const read = (db: Database<Schema>): Promise<unknown> => db.query.selectFrom("files").select("id").execute();

  test("holds what a function ran and nothing that ran beside it", async () => {
    await using db = await openFiles();
    const [counted] = await Promise.all([
      countQueries(async () => {
        await read(db);
        await Promise.all([read(db), db.transaction(() => read(db))]);
        return "done";
      }),
      read(db),
      read(db),
    ]);
    assert.equal(counted.result, "done");
    assert.deepEqual(
      counted.statements,
      Array.from({ length: 3 }, () => 'select "id" from "files"'),
    );
  });

  test("is kept by its budget, which shows the statements", async () => {
    await using db = await openFiles();
    assert.ok(await expectQueries(1, () => read(db)));
    const loop = async (): Promise<void> => {
      for (let index = 0; index < 3; index += 1) await read(db);
    };
    await assert.rejects(expectQueries(2, loop), {
      code: "E_DB_QUERY_BUDGET",
      message: /3 queries.*at most 2(?:.|\n)*from "files"/,
    });
  });

  test("goes into the count around it", async () => {
    await using db = await openFiles();
    const outer = await countQueries(async () => {
      await read(db);
      await countQueries(() => read(db));
    });
    assert.equal(outer.statements.length, 2);
  });
});
