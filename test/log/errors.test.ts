import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#src/log/errors";

test("every error of the room has its code, and none reaches a caller of the server", () => {
  for (const [reason, factory] of Object.entries(errors)) {
    assert.equal(factory.code, `E_LOG_${reason}`);
    assert.equal(factory.status, undefined);
  }
});
