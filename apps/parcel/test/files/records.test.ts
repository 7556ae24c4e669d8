import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createCache } from "plinth/cache";
import { SegmentTable, createId } from "plinth/core";
import { createDatabase, loadMigrations, migrate } from "plinth/db";
import { MIGRATIONS, type Tables } from "../../database.ts";
import { type FileRecord, FileRecords } from "../../files/records.ts";
import { ENGINE, TestData } from "../support/parcel.ts";

const record = (owner: string, createdAt = 1_000, name = "a.txt"): FileRecord => ({
  id: createId(createdAt),
  owner,
  name,
  type: "text/plain",
  size: 1,
  hash: "00",
  createdAt,
  version: 1,
});

interface OpenRecords extends AsyncDisposable {
  readonly records: FileRecords;
}

async function open(given?: TestData): Promise<OpenRecords> {
  const owned = new AsyncDisposableStack();
  const data = given ?? owned.use(await TestData.open());
  const database = owned.use(createDatabase<Tables>({ url: data.databaseUrl }));
  await migrate({ database, migrations: await loadMigrations(MIGRATIONS) });
  const cache = createCache({ memory: new SegmentTable() });
  await cache.start();
  owned.defer(() => cache.stop());
  return { records: new FileRecords(database, cache), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe("records of files", () => {
  test("are found by their owner, as they were added", async () => {
    await using opened = await open();
    const added = { ...record("ada", Date.UTC(2026, 10, 22), `"Ünïcode" 📦 __proto__ '; DROP TABLE files; --`), size: 2 ** 45 };
    await opened.records.add(added);
    assert.deepEqual(await opened.records.find("ada", added.id), added);
  });

  test("are not there for anybody else", async () => {
    await using opened = await open();
    const added = record("ada");
    await opened.records.add(added);
    for (const owner of ["eve", "", "ADA", "ada ", "áda", "%", "ada' OR '1'='1"]) {
      assert.equal(await opened.records.find(owner, added.id), undefined);
      assert.deepEqual(await opened.records.list(owner, 10), { items: [], nextCursor: null });
    }
  });

  test("of one id are added once", async () => {
    await using opened = await open();
    const added = record("ada");
    await opened.records.add(added);
    await assert.rejects(opened.records.add({ ...added, owner: "eve" }), { code: "E_DB_UNIQUE_VIOLATION" });
    assert.equal((await opened.records.find("ada", added.id))?.owner, "ada");
  });

  test("pages hold every file once, newest first, whatever their size", async () => {
    await using opened = await open();
    const ids: string[] = [];
    for (let index = 0; index < 25; index += 1) {
      const added = record("ada", 1_000 + Math.trunc(index / 3));
      ids.push(added.id);
      await opened.records.add(added);
      await opened.records.add(record("eve", 1_000 + index));
    }
    const expected = ids.sort().toReversed();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (limit) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        let pages = 0;
        do {
          const page = await opened.records.list("ada", limit, cursor);
          assert.ok(page.items.length > 0 && page.items.length <= limit);
          seen.push(...page.items.map((item) => item.id));
          cursor = page.nextCursor ?? undefined;
          pages += 1;
          assert.ok(pages <= expected.length, "a page leads back to itself");
        } while (cursor !== undefined);
        assert.deepEqual(seen, expected);
        assert.equal(pages, Math.ceil(25 / limit));
      }),
      { numRuns: 30 },
    );
  });

  test("files that come while somebody pages do not shift the pages", async () => {
    await using opened = await open();
    for (let index = 0; index < 4; index += 1) await opened.records.add(record("ada", 1_000 + index));
    const first = await opened.records.list("ada", 2);
    await opened.records.add(record("ada", 9_000));
    const second = await opened.records.list("ada", 2, first.nextCursor as string);
    assert.deepEqual(
      [...first.items, ...second.items].map((item) => item.createdAt),
      [1_003, 1_002, 1_001, 1_000],
    );
    assert.equal(second.nextCursor, null);
  });

  test("are listed as they are after every change, though pages are cached", async () => {
    await using opened = await open();
    const added = record("ada");
    const names = async (): Promise<readonly string[]> => (await opened.records.list("ada", 10)).items.map(({ name }) => name);
    assert.deepEqual(await names(), []);
    await opened.records.add(added);
    assert.deepEqual(await names(), ["a.txt"]);
    const renamed = await opened.records.rename(added, "b.txt");
    assert.deepEqual(await names(), ["b.txt"]);
    await opened.records.remove(renamed);
    assert.deepEqual(await names(), []);
  });

  test("change once for each version that somebody has read", async () => {
    await using opened = await open();
    const added = record("ada");
    await opened.records.add(added);
    const outcomes = await Promise.allSettled(["b", "c", "d", "e"].map((name) => opened.records.rename(added, name)));
    const [current, ...others] = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    assert.ok(current !== undefined && others.length === 0);
    assert.deepEqual(current, await opened.records.find("ada", added.id));
    assert.equal(current.version, 2);
    const conflict = { code: "E_DB_VERSION_CONFLICT", status: 412 };
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.equal((outcome.reason as { code: string }).code, conflict.code);
    await assert.rejects(opened.records.remove(added), conflict);
    await opened.records.remove(current);
    await assert.rejects(opened.records.remove(current), conflict);
    assert.equal(await opened.records.find("ada", added.id), undefined);
  });
});

// There was only SQLite then.
if (ENGINE === "sqlite")
  test("a database from before there were migrations keeps its files", async () => {
    await using data = await TestData.open();
    await data.run(
      "create table files (id text primary key, owner text not null, name text not null, type text not null, size integer not null, hash text not null, createdAt integer not null) strict",
    );
    await data.run("create index files_by_owner on files (owner, id desc)");
    const old = record("ada", 5_000);
    await data.run(`insert into files values ('${old.id}', 'ada', 'a.txt', 'text/plain', 1, '00', 5000)`);
    await using opened = await open(data);
    assert.deepEqual(await opened.records.find("ada", old.id), old);
    const other = record("ada", 6_000);
    await opened.records.add(other);
    assert.deepEqual((await opened.records.list("ada", 10)).items, [other, old]);
  });
