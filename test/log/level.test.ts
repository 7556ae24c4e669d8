import assert from "node:assert/strict";
import { test } from "node:test";
import { isPlinthError } from "#src/core/mod";
import type { LogLevel } from "#src/log/contract";
import { GRAVITY, checkLevel } from "#src/log/level";

test("levels grow graver in the order of the contract", () => {
  const order = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
  for (const [index, level] of order.slice(1).entries()) assert.ok(GRAVITY[level] > GRAVITY[order[index] as LogLevel]);
});

test("a word that is no level is refused, whatever object has it", () => {
  assert.equal(checkLevel("warn"), "warn");
  for (const word of ["loud", "", "INFO", "constructor", "__proto__"]) {
    assert.throws(
      () => checkLevel(word as LogLevel),
      (error) => isPlinthError(error, "E_LOG_LEVEL_INVALID"),
      word,
    );
  }
});
