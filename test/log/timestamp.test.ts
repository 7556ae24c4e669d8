import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTimestamp } from "#src/log/timestamp";
import { systemClock } from "#src/core/mod";

test("the time is written as toISOString writes it, forwards and backwards", () => {
  let now = 0;
  const timestamp = createTimestamp({ ...systemClock, now: () => now });
  const time = fc.oneof(
    fc.integer({ min: 0, max: 4_102_444_800_000 }),
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_003_000 }),
  );
  fc.assert(
    fc.property(time, (milliseconds) => {
      now = milliseconds;
      assert.equal(timestamp(), new Date(milliseconds).toISOString());
    }),
    { numRuns: 500 },
  );
});

test("a fraction of a millisecond is cut off", () => {
  assert.equal(createTimestamp({ ...systemClock, now: () => 1_999.9 })(), "1970-01-01T00:00:01.999Z");
});
