import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compareSchemas } from "#src/db/types/compare-schema";
import { formatSchema } from "#src/db/types/schema-file";
import type { ColumnModel } from "#src/db/types/table-model";

const column = (name: string, select = "number"): ColumnModel => ({
  name,
  types: { select },
  nullable: false,
  generated: "nobody",
});
const schema = (tables: Readonly<Record<string, readonly ColumnModel[]>>): string =>
  formatSchema(
    Object.entries(tables).map(([name, columns]) => ({ name, isView: false, columns })),
    "plinth/db",
  );

describe("a schema file held against the database", () => {
  test("has no difference when only the line ends differ", () => {
    const text = schema({ a: [column("id")] });
    assert.deepEqual(compareSchemas(text.replaceAll("\n", "\r\n"), text), []);
  });

  test("differs by column and by table, and names both sides", () => {
    const file = schema({ a: [column("id"), column("gone")], b: [column("id")] });
    const database = schema({ a: [column("id", "string")], c: [column("id")] });
    assert.deepEqual(
      compareSchemas(file, database).map((difference) => `${difference.in} ${difference.table}: ${difference.line}`),
      [
        "file a: gone: number;",
        "file a: id: number;",
        "database a: id: string;",
        "file b: b: {",
        "file b: id: number;",
        "database c: c: {",
        "database c: id: number;",
      ],
    );
  });

  test("tells columns of one name in two tables apart", () => {
    const file = schema({ a: [column("id")], b: [] });
    const database = schema({ a: [], b: [column("id")] });
    assert.equal(compareSchemas(file, database).length, 2);
  });
});
