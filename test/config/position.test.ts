import assert from "node:assert/strict";
import { test } from "node:test";
import { positionOf } from "#src/config/position";

test("positions count lines and columns from 1", () => {
  assert.deepEqual(positionOf("ab\ncd", 0), { line: 1, column: 1 });
  assert.deepEqual(positionOf("ab\ncd", 1), { line: 1, column: 2 });
  assert.deepEqual(positionOf("ab\ncd", 3), { line: 2, column: 1 });
  assert.deepEqual(positionOf("ab\r\ncd", 5), { line: 2, column: 2 });
  assert.deepEqual(positionOf("", 0), { line: 1, column: 1 });
});
