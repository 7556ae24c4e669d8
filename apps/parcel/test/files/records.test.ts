import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { createId } from "plinth/core";
import { type FileRecord, FileRecords } from "../../files/records.ts";
import { DataFolder } from "../support/parcel.ts";

const record = (owner: string, createdAt = 1_000, name = "a.txt"): FileRecord => ({
  id: createId(createdAt),
  owner,
  name,
  type: "text/plain",
  size: 1,
  hash: "00",
  createdAt,
});

class OpenRecords implements Disposable {
  readonly data = new DataFolder();
  readonly path: string = join(this.data.path, "deep", "app.db");
  readonly records = new FileRecords(this.path);

  [Symbol.dispose](): void {
    this.records.stop();
    this.data[Symbol.dispose]();
  }
}

async function open(): Promise<OpenRecords> {
  const opened = new OpenRecords();
  await opened.records.start();
  return opened;
}

describe("records of files", () => {
  test("are found by their owner, as they were added", async () => {
    using opened = await open();
    const added = record("ada", Date.UTC(2026, 10, 22), `"Ünïcode" 📦 __proto__ '; DROP TABLE files; --`);
    await opened.records.add(added);
    assert.deepEqual({ ...opened.records.find("ada", added.id) }, added);
  });

  test("are not there for anybody else", async () => {
    using opened = await open();
    const added = record("ada");
    await opened.records.add(added);
    for (const owner of ["eve", "", "ADA", "ada ", "%", "ada' OR '1'='1"]) {
      assert.equal(opened.records.find(owner, added.id), undefined);
      assert.deepEqual(opened.records.list(owner, 10), { items: [], nextCursor: null });
    }
  });

  test("outlive a restart", async () => {
    using opened = await open();
    const added = record("ada");
    await opened.records.add(added);
    opened.records.stop();
    await opened.records.start();
    assert.equal(opened.records.find("ada", added.id)?.id, added.id);
  });

  test("of one id are added once", async () => {
    using opened = await open();
    const added = record("ada");
    await opened.records.add(added);
    await assert.rejects(opened.records.add({ ...added, owner: "eve" }), /UNIQUE/);
    assert.equal(opened.records.find("ada", added.id)?.owner, "ada");
  });

  test("pages hold every file once, newest first, whatever their size", async () => {
    using opened = await open();
    const ids: string[] = [];
    for (let index = 0; index < 25; index += 1) {
      const added = record("ada", 1_000 + Math.trunc(index / 3));
      ids.push(added.id);
      await opened.records.add(added);
      await opened.records.add(record("eve", 1_000 + index));
    }
    const expected = ids.sort().toReversed();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), (limit) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        let pages = 0;
        do {
          const page = opened.records.list("ada", limit, cursor);
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
    using opened = await open();
    for (let index = 0; index < 4; index += 1) await opened.records.add(record("ada", 1_000 + index));
    const first = opened.records.list("ada", 2);
    await opened.records.add(record("ada", 9_000));
    const second = opened.records.list("ada", 2, first.nextCursor as string);
    assert.deepEqual(
      [...first.items, ...second.items].map((item) => item.createdAt),
      [1_003, 1_002, 1_001, 1_000],
    );
    assert.equal(second.nextCursor, null);
  });

  test("cannot be asked for before they are open or after they are closed", async () => {
    using opened = await open();
    assert.doesNotThrow(() => opened.records.check());
    opened.records.stop();
    assert.throws(() => opened.records.check(), /not open/);
    assert.throws(() => opened.records.find("ada", "x"), /not open/);
    opened.records.stop();
  });

  test("are not well when their table is gone", async () => {
    using opened = await open();
    using other = new DatabaseSync(opened.path);
    other.exec("DROP TABLE files");
    assert.throws(() => opened.records.check(), /no such table/);
  });
});

describe("a lock that another connection holds", () => {
  test("is waited for beside the event loop", async () => {
    using opened = await open();
    using other = new DatabaseSync(opened.path);
    other.exec("BEGIN IMMEDIATE");
    const added = record("ada");
    let done = false;
    const adding = opened.records.add(added).then(() => {
      done = true;
    });
    for (let turns = 0; turns < 100; turns += 1) await turn();
    assert.equal(done, false);
    assert.equal(opened.records.find("ada", added.id), undefined, "reading goes on");
    other.exec("COMMIT");
    await adding;
    assert.equal(opened.records.find("ada", added.id)?.id, added.id);
  });

  test("is waited for when the records are opened", async () => {
    using opened = new OpenRecords();
    await opened.records.start();
    opened.records.stop();
    using other = new DatabaseSync(opened.path);
    other.exec("BEGIN EXCLUSIVE; CREATE TABLE other (a)");
    const starting = opened.records.start();
    for (let turns = 0; turns < 100; turns += 1) await turn();
    other.exec("COMMIT");
    await starting;
    opened.records.check();
  });
});
