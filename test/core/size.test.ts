import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isPlinthError } from "#src/core/error";
import { type Size, isSize, parseSize } from "#src/core/size";

const UNITS = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 } as const;
const NONE = [
  "",
  "5",
  "kb",
  "-1kb",
  "1 kb",
  "1kb ",
  "1KB",
  "1k",
  "1kib",
  "1tb",
  "1e3b",
  ".5kb",
  "1.kb",
  "1kb\n",
  "0x10b",
  `${"9".repeat(13)}b`,
];

describe("size", () => {
  test("parses every unit, in powers of 1,024", () => {
    assert.deepEqual((["512b", "64kb", "10mb", "1gb"] as const).map(parseSize), [512, 65_536, 10_485_760, 1_073_741_824]);
  });

  test("rounds fractions down to whole bytes", () => {
    assert.equal(parseSize("1.5kb"), 1_536);
    assert.equal(parseSize("1.1kb"), 1_126);
    assert.equal(parseSize("0.9b"), 0);
  });

  for (const text of NONE) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(isSize(text), false);
      assert.throws(
        () => parseSize(text as Size),
        (error) => isPlinthError(error, "E_CORE_SIZE_INVALID") && error.message.includes(text),
      );
    });
  }

  test("gives whole bytes that never exceed what was written", () => {
    const unit = fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]));
    fc.assert(
      fc.property(fc.nat(999_999), fc.nat(999_999), unit, (whole, fraction, name) => {
        const count = `${whole}.${String(fraction).padStart(6, "0")}` as `${number}`;
        const bytes = parseSize(`${count}${name}`);
        assert.ok(Number.isSafeInteger(bytes));
        assert.ok(bytes <= Number(count) * UNITS[name] && bytes > Number(count) * UNITS[name] - 1);
      }),
    );
  });

  test("says yes exactly to what parses", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,4}[kmg]?b?$/)), (text) => {
        if (isSize(text)) assert.ok(parseSize(text) >= 0);
        else assert.throws(() => parseSize(text as Size));
      }),
    );
  });
});
