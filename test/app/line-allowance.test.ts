import assert from "node:assert/strict";
import { test } from "node:test";
import { createLineAllowance } from "#src/app/line-allowance";

test("twenty lines a second may be written, from each second's first on", () => {
  const mayWrite = createLineAllowance();
  const written = (from: number, to: number): number => {
    let lines = 0;
    for (let now = from; now < to; now++) if (mayWrite(now)) lines++;
    return lines;
  };
  assert.equal(written(5_000, 6_000), 20);
  assert.equal(written(6_000, 6_999), 20);
  assert.equal(written(60_000, 61_001), 21);
});
