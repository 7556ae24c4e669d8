import assert from "node:assert/strict";
import { test } from "node:test";
import { trimBlanks } from "#src/security/blank";

test("trims spaces and tabs within the range, and no other blank", () => {
  assert.equal(trimBlanks("x \t a b\t y", 1, 8), "a b");
  assert.equal(trimBlanks("   ", 0, 3), "");
  assert.equal(trimBlanks("", 0, 0), "");
  assert.equal(trimBlanks("\u00a0a\n", 0, 3), "\u00a0a\n");
});
