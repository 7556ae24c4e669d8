import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Duration, formatDuration, isDuration, parseDuration } from "#src/core/duration";
import { isPlinthError } from "#src/core/error";

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const unit = fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]));
const NONE = [
  "",
  "5",
  "s",
  "-1s",
  "+1s",
  " 1s",
  "1s ",
  "1 s",
  "1s\n",
  "1.s",
  ".5s",
  "1e3s",
  "1S",
  "1sec",
  "1w",
  "0x1s",
  "1_000s",
  "1,5s",
  "١s",
  "1s2m",
  "NaNs",
  "Infinitys",
  `${"9".repeat(13)}s`,
  "1.1234567s",
];

describe("duration", () => {
  test("parses every unit", () => {
    assert.deepEqual(
      (["250ms", "30s", "5m", "2h", "7d"] as const).map(parseDuration),
      [250, 30_000, 300_000, 7_200_000, 604_800_000],
    );
  });

  test("parses fractions without rounding noise", () => {
    assert.equal(parseDuration("1.5s"), 1_500);
    // 1.001 * 1000 is 1000.9999999999999 in binary.
    assert.equal(parseDuration("1.001s"), 1_001);
    fc.assert(
      fc.property(fc.nat(999_999), fc.nat(999), (whole, thousandths) => {
        const text = `${whole}.${String(thousandths).padStart(3, "0")}s` as Duration;
        assert.equal(parseDuration(text), whole * 1_000 + thousandths);
      }),
    );
  });

  test("accepts nothing at all as a duration", () => assert.equal(parseDuration("0ms"), 0));

  for (const text of NONE) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(isDuration(text), false);
      assert.throws(
        () => parseDuration(text as Duration),
        (error) => isPlinthError(error, "E_CORE_DURATION_INVALID") && error.message.includes(text),
      );
    });
  }

  test("says yes exactly to what parses, and what parses is finite and never negative", () => {
    const nearly = fc.oneof(
      fc.string(),
      fc.tuple(fc.double(), unit).map(([count, name]) => `${count}${name}`),
    );
    fc.assert(
      fc.property(nearly, (text) => {
        if (isDuration(text)) assert.ok(parseDuration(text) >= 0 && Number.isFinite(parseDuration(text)));
        else assert.throws(() => parseDuration(text as Duration));
      }),
    );
  });

  test("formats whole milliseconds so that they parse back, in the largest whole unit", () => {
    assert.deepEqual([0, 1, 1_000, 90_000, 60_000, 7_200_000, 86_400_000].map(formatDuration), [
      "0ms",
      "1ms",
      "1s",
      "90s",
      "1m",
      "2h",
      "1d",
    ]);
    fc.assert(
      fc.property(fc.nat(100_000), unit, (count, name) => {
        const milliseconds = count * UNITS[name];
        const text = formatDuration(milliseconds);
        assert.equal(parseDuration(text), milliseconds);
        assert.ok(text.length <= `${count}${name}`.length || count === 0);
      }),
    );
  });
});
