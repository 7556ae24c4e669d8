import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Setting } from "#src/config/contract";
import { integer, number, port } from "#src/config/number-settings";

function read(setting: Setting<unknown>, input: unknown): unknown {
  const reading = setting.read(input, "text");
  assert.ok(!(reading instanceof Promise));
  return "value" in reading ? reading.value : reading.refusals.map((refusal) => refusal.detail).join();
}

// What other parsers take for numbers, and people do not.
const NO_NUMBERS = [
  "",
  " ",
  " 1",
  "1 ",
  "1\n",
  "0x10",
  "0b1",
  "0o7",
  "1_000",
  "1,000",
  "08",
  "+1",
  "--1",
  "1e",
  ".5",
  "5.",
  "NaN",
  "Infinity",
  "-Infinity",
  "1e999",
  "१",
  "1n",
  null,
  undefined,
  true,
  [],
  [1],
  {},
  Number.NaN,
  Infinity,
  new Date(0),
  1n,
];

describe("integer", () => {
  for (const input of NO_NUMBERS) {
    test(`refuses ${typeof input} ${JSON.stringify(typeof input === "bigint" ? "1n" : input)}`, () => {
      assert.equal(read(integer(), input), "expected a whole number");
    });
  }

  for (const input of ["1.5", 1.5, "1e3", "9007199254740992", 9_007_199_254_740_992, "99999999999999999999"]) {
    test(`refuses ${input}, which is no whole number that a double holds exactly`, () => {
      assert.equal(read(integer(), input), "expected a whole number");
    });
  }

  test("reads every safe integer, typed or as text", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        assert.equal(read(integer(), value), value);
        assert.equal(read(integer(), String(value)), value);
      }),
    );
  });

  test("knows no negative zero", () => {
    assert.ok(Object.is(read(integer(), "-0"), 0));
    assert.ok(Object.is(read(integer(), -0), 0));
  });

  test("keeps to its range, bounds included", () => {
    const setting = integer({ min: 1, max: 10 });
    assert.deepEqual(
      [1, "10"].map((input) => read(setting, input)),
      [1, 10],
    );
    for (const input of [0, "11", -5]) assert.equal(read(setting, input), "expected a whole number from 1 to 10");
  });

  test("says which bound there is", () => {
    assert.equal(integer({ min: 0 }).expected, "a whole number, at least 0");
    assert.equal(integer({ max: 0 }).expected, "a whole number, at most 0");
    assert.deepEqual(integer({ min: 0 }).jsonSchema, { type: "integer", minimum: 0 });
    assert.deepEqual(integer({ max: 0 }).jsonSchema, { type: "integer", maximum: 0 });
  });
});

describe("number", () => {
  for (const input of NO_NUMBERS) {
    test(`refuses ${typeof input} ${JSON.stringify(typeof input === "bigint" ? "1n" : input)}`, () => {
      assert.equal(read(number(), input), "expected a number");
    });
  }

  test("reads every finite number, typed or as text", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.equal(read(number(), value), value + 0);
        assert.equal(read(number(), String(value)), value + 0);
      }),
    );
  });

  test("keeps to its range, bounds included", () => {
    const setting = number({ min: 0, max: 1 });
    assert.deepEqual(
      ["0", "0.5", 1].map((input) => read(setting, input)),
      [0, 0.5, 1],
    );
    assert.equal(read(setting, "1.0001"), "expected a number from 0 to 1");
    assert.deepEqual(setting.jsonSchema, { type: "number", minimum: 0, maximum: 1 });
  });
});

describe("port", () => {
  test("is 0 to 65535", () => {
    assert.deepEqual(
      ["0", "65535", 3000].map((input) => read(port(), input)),
      [0, 65_535, 3000],
    );
    for (const input of ["65536", -1, "http", "80/tcp", 80.5, ""])
      assert.equal(read(port(), input), "expected a port from 0 to 65535");
  });
});
