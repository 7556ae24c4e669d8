import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { describeDefault, describeDemand, writeDefault } from "#src/config/describe-default";
import * as setting from "#src/config/setting";
import { z } from "zod";

describe("describeDefault", () => {
  for (const [expected, made] of [
    [undefined, setting.text()],
    ["a", setting.text({ default: "a" })],
    ["5s", setting.duration({ default: () => "5s" })],
    [
      "0s (development, test); 5s (production)",
      setting.duration({ default: (environment) => (environment === "production" ? "5s" : "0s") }),
    ],
    ["number of cores", setting.integer({ default: () => 7, defaultLabel: "number of cores" })],
    ["false", setting.boolean({ default: false })],
    ["0", setting.integer({ default: 0 })],
  ] as const) {
    test(`says ${expected}`, () => assert.equal(describeDefault(made), expected));
  }
});

test("writeDefault writes as a variable would", () => {
  assert.equal(writeDefault(["a", 1]), "a,1");
  assert.equal(writeDefault([]), "");
  assert.equal(writeDefault({ a: [1] }), '{"a":[1]}');
  assert.equal(writeDefault([{ a: 1 }]), '[{"a":1}]');
  assert.equal(writeDefault(1.5), "1.5");
});

describe("describeDemand", () => {
  for (const [expected, made] of [
    ["required", setting.text()],
    ["optional", setting.text({ optional: true })],
    ["default a", setting.text({ default: "a" })],
    ["default empty", setting.list(setting.text(), { default: [] })],
    ["required in production", setting.text({ requiredIn: ["production"] })],
    ["required in test, production; default a", setting.text({ default: "a", requiredIn: ["test", "production"] })],
    ["default {}", setting.schema(z.record(z.string(), z.int()), { default: {} })],
  ] as const) {
    test(`says ${expected}`, () => assert.equal(describeDemand(made), expected));
  }
});
