import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatTable } from "#src/cli/table";

const cell = fc.stringMatching(/^[a-z/]{0,12}$/);
const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 });

describe("a table", () => {
  test("has its columns under their headings, and no space at the ends of lines", () => {
    assert.equal(
      formatTable(
        ["METHOD", "PATH", "SUMMARY"],
        [
          ["GET", "/files/:id", ""],
          ["DELETE", "/", "gone"],
        ],
      ),
      "METHOD  PATH        SUMMARY\nGET     /files/:id\nDELETE  /           gone\n",
    );
  });

  test("without rows is its headings", () => {
    assert.equal(formatTable(["A", "B"], []), "A  B\n");
  });

  test("has a line for each row, and every cell starts where its heading does", () => {
    fc.assert(
      fc.property(rows, (cells) => {
        const headings = ["ONE", "TWO", "THREE"];
        const lines = formatTable(headings, cells).split("\n");
        assert.equal(lines.length, cells.length + 2);
        for (const [index, row] of cells.entries()) {
          for (const [column, text] of row.entries()) {
            const start = (lines[0] as string).indexOf(headings[column] as string);
            assert.equal((lines[index + 1] as string).slice(start, start + text.length), text);
          }
        }
      }),
    );
  });
});
