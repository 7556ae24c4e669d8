import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Database, paginate } from "#src/db/mod";
import { openMemory } from "./support/memory-database.ts";

interface Schema {
  files: { id: number; size: number; name: string; note: string | null };
}

type Order = Parameters<typeof list>[1]["orderBy"];

const list = (
  db: Database<Schema>,
  options: {
    orderBy: readonly { column: "id" | "size" | "name" | "note" | "files.id"; direction?: "asc" | "desc" }[];
    limit: number;
    cursor?: string;
    key?: string;
  },
) => paginate(db, db.query.selectFrom("files").select(["id", "size", "name", "note"]), options);

async function openFiles(rows: readonly Schema["files"][]): Promise<Database<Schema> & AsyncDisposable> {
  const db = openMemory<Schema>();
  await db.query.schema
    .createTable("files")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("size", "integer")
    .addColumn("name", "text")
    .addColumn("note", "text")
    .execute();
  if (rows.length > 0)
    await db.query
      .insertInto("files")
      .values([...rows])
      .execute();
  return db;
}

const file = (id: number, size = 0, name = "a"): Schema["files"] => ({ id, size, name, note: null });
const byId: Order = [{ column: "id" }];
const ten = Array.from({ length: 10 }, (_, id) => file(id));

async function readAll(db: Database<Schema>, orderBy: Order, limit: number): Promise<number[]> {
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(db, { orderBy, limit, ...(cursor !== undefined && { cursor }) });
    assert.ok(page.items.length <= limit);
    seen.push(...page.items.map((item) => item.id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return seen;
}

describe("pages by keys", () => {
  test("refuse a cursor of another table, though its order has the same name", async () => {
    await using db = await openFiles(ten);
    const { nextCursor } = await list(db, { orderBy: byId, limit: 2 });
    const others = db.query.selectFrom("files as copies").select("copies.id");
    const orderBy = [{ column: "id" }] as const;
    const cursor = nextCursor ?? "";
    await assert.rejects(paginate(db, others, { orderBy, limit: 2, cursor }), { code: "E_DB_CURSOR_INVALID", status: 400 });
  });

  test("together are the whole list in its order, whatever it is ordered by", async () => {
    const direction = fc.constantFrom("asc", "desc");
    const sizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom("a", "b", "ü", "'")), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.tuple(direction, direction, direction),
        fc.integer({ min: 1, max: 6 }),
        async (rows, ways, limit) => {
          await using db = await openFiles(rows.map(([size, name], id) => file(id, size, name)));
          const orderBy = (["size", "name", "id"] as const).map((column, index) => ({
            column,
            direction: ways[index] as "asc" | "desc",
          }));
          const whole = await list(db, { orderBy, limit: 1_000 });
          assert.deepEqual(
            await readAll(db, orderBy, limit),
            whole.items.map((item) => item.id),
          );
          assert.equal(whole.nextCursor, null);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("skip and repeat nothing while rows come and go", async () => {
    await using db = await openFiles(ten);
    const first = await list(db, { orderBy: byId, limit: 4 });
    await db.query.deleteFrom("files").where("id", "in", [0, 3, 4]).execute();
    await db.query.insertInto("files").values(file(-1)).execute();
    const second = await list(db, { orderBy: byId, limit: 3, cursor: first.nextCursor as string });
    assert.deepEqual(
      second.items.map((item) => item.id),
      [5, 6, 7],
    );
  });

  test("end with null, also when the last one is full", async () => {
    await using db = await openFiles(ten);
    assert.equal((await list(db, { orderBy: byId, limit: 10 })).nextCursor, null);
    assert.notEqual((await list(db, { orderBy: byId, limit: 9 })).nextCursor, null);
  });

  test("take no cursor that was changed, made up, or is of another list", async () => {
    await using db = await openFiles(ten);
    const { nextCursor } = await list(db, { orderBy: byId, limit: 2 });
    const cursor = nextCursor as string;
    const refused = (text: string, orderBy: Order = byId, key?: string): Promise<void> =>
      assert.rejects(list(db, { orderBy, limit: 2, cursor: text, ...(key !== undefined && { key }) }), {
        code: "E_DB_CURSOR_INVALID",
        status: 400,
      });
    for (const [index, letter] of Array.from(cursor).entries()) {
      await refused(cursor.slice(0, index) + (letter === "A" ? "B" : "A") + cursor.slice(index + 1));
    }
    for (const text of ["", "x", `${cursor}=`, `${cursor}A`, cursor.slice(0, -2), "null", "' or 1=1", "🙂", "A".repeat(10_000)])
      await refused(text);
    await refused(cursor, [{ column: "id", direction: "desc" }]);
    await refused(cursor, [{ column: "size" }]);
    await refused(cursor, byId, "signed");
    assert.equal((await list(db, { orderBy: byId, limit: 2, cursor })).items[0]?.id, 2);
  });

  test("need a limit and an order that can work", async () => {
    await using db = await openFiles([file(1), file(2)]);
    const invalid = { code: "E_DB_PAGE_INVALID" };
    for (const limit of [0, -1, 1.5, 1_001, Number.NaN]) await assert.rejects(list(db, { orderBy: byId, limit }), invalid);
    await assert.rejects(list(db, { orderBy: [], limit: 1 }), invalid);
    await assert.rejects(list(db, { orderBy: [{ column: "note" }, { column: "id" }], limit: 1 }), {
      ...invalid,
      message: /may be null/,
    });
    const narrow = paginate(db, db.query.selectFrom("files").select("name"), { orderBy: [{ column: "files.id" }], limit: 1 });
    await assert.rejects(narrow, { ...invalid, message: /does not select it/ });
  });
});
