import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Setting } from "#src/config/contract";
import { boolean, choice, duration, rate, size, text } from "#src/config/text-settings";

function read(setting: Setting<unknown>, input: unknown): unknown {
  const reading = setting.read(input, "typed");
  assert.ok(!(reading instanceof Promise));
  return "value" in reading ? reading.value : reading.refusals.map((refusal) => refusal.detail).join();
}

interface Case {
  readonly name: string;
  readonly setting: Setting<unknown>;
  readonly accepts: readonly (readonly [unknown, unknown])[];
  readonly refuses: readonly unknown[];
  readonly expected: string;
}

const cases: readonly Case[] = [
  {
    name: "text",
    setting: text(),
    accepts: [
      ["a", "a"],
      [" ", " "],
      ["1", "1"],
    ],
    refuses: ["", 1, true, null, [], {}],
    expected: "text that is not empty",
  },
  {
    name: "choice",
    setting: choice(["a", "b"]),
    accepts: [
      ["a", "a"],
      ["b", "b"],
    ],
    refuses: ["A", "", " a", "c", null, ["a"]],
    expected: "one of a, b",
  },
  {
    name: "boolean",
    setting: boolean(),
    accepts: [
      [true, true],
      [false, false],
      ["true", true],
      ["false", false],
      ["1", true],
      ["0", false],
    ],
    refuses: ["", "yes", "TRUE", 1, 0, null, "on"],
    expected: "true or false",
  },
  {
    name: "duration",
    setting: duration(),
    accepts: [
      ["250ms", "250ms"],
      ["1.5s", "1.5s"],
      ["0s", "0s"],
    ],
    refuses: ["", "5", 5, "5 s", "-1s", "1w", "1e3s", null],
    expected: 'a duration such as "250ms", "30s", "5m", "2h" or "7d"',
  },
  {
    name: "size",
    setting: size(),
    accepts: [
      ["64kb", "64kb"],
      ["1.5gb", "1.5gb"],
    ],
    refuses: ["", "64", 64, "64KB", "-1b", "1tb", null],
    expected: 'a size such as "512b", "64kb", "10mb" or "1gb"',
  },
  {
    name: "rate",
    setting: rate(),
    accepts: [["100/1m", "100/1m"]],
    refuses: ["", "100", "0/1m", "1/0s", "100/m", null],
    expected: 'a rate such as "100/1m"',
  },
];

for (const { name, setting, accepts, refuses, expected } of cases) {
  describe(name, () => {
    for (const [input, value] of accepts) {
      test(`reads ${JSON.stringify(input)}`, () => assert.equal(read(setting, input), value));
    }
    for (const input of refuses) {
      test(`refuses ${JSON.stringify(input)}`, () => assert.equal(read(setting, input), `expected ${expected}`));
    }
    if (typeof setting.jsonSchema["pattern"] === "string") {
      test("has a JSON Schema pattern that agrees", () => {
        const pattern = new RegExp(setting.jsonSchema["pattern"] as string);
        for (const [input] of accepts) assert.match(input as string, pattern);
        // What a pattern cannot say: the period of a rate is not zero.
        for (const input of refuses) if (typeof input === "string" && input !== "1/0s") assert.doesNotMatch(input, pattern);
      });
    }
  });
}

test("a choice offers its texts to editors", () =>
  assert.deepEqual(choice(["a", "b"]).jsonSchema, { type: "string", enum: ["a", "b"] }));
