import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isPlinthError } from "#src/core/error";
import { type Rate, isRate, parseRate } from "#src/core/rate";

const NONE = [
  "",
  "100",
  "100/",
  "/1m",
  "0/1m",
  "-1/1m",
  "1.5/1m",
  "100/1",
  "100/m",
  "100/1m/1s",
  "100 / 1m",
  "100/0s",
  "100/0.0d",
  "1e3/1m",
  "01/1m",
  "100/1m\n",
  `${"9".repeat(10)}/1s`,
];

describe("rate", () => {
  test("parses a count and a period", () => {
    assert.deepEqual(parseRate("100/1m"), { count: 100, period: 60_000 });
    assert.deepEqual(parseRate("1/0.5s"), { count: 1, period: 500 });
  });

  for (const text of NONE) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(isRate(text), false);
      assert.throws(
        () => parseRate(text as Rate),
        (error) => isPlinthError(error, "E_CORE_RATE_INVALID") && error.message.includes(text),
      );
    });
  }

  test("says yes exactly to what parses, and what parses limits something", () => {
    const nearly = fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{0,3}\/[0-9.]{0,4}(ms|s|m|h|d)?$/));
    fc.assert(
      fc.property(nearly, (text) => {
        if (!isRate(text)) return assert.throws(() => parseRate(text as Rate));
        const { count, period } = parseRate(text);
        return assert.ok(Number.isSafeInteger(count) && count >= 1 && period > 0);
      }),
    );
  });
});
