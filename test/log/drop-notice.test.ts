import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDropNotice } from "#src/log/drop-notice";
import { createFakeClock } from "#src/testing/fake-clock";

test("a drop notice is a line like the logger's", () => {
  assert.equal(
    formatDropNotice(createFakeClock(), 7),
    '{"level":"warn","@timestamp":"2026-01-01T00:00:00.000Z","dropped":7,"message":"log lines dropped"}\n',
  );
});
