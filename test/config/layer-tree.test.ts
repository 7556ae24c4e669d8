import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Layer } from "#src/config/contract";
import { defineConfig } from "#src/config/define-config";
import { layerOfTree } from "#src/config/layer-tree";
import { parseJson } from "#src/config/parse-json";
import * as setting from "#src/config/setting";
import { faultLines } from "./support/failure.ts";

const schema = defineConfig({ uploads: { maxSize: setting.size(), quotas: setting.schema(parseNothing()) } });

/** A Standard Schema that takes everything. */
function parseNothing(): Parameters<typeof setting.schema<unknown, object>>[0] {
  return { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
}

function layerOf(text: string): Layer {
  const parsed = parseJson(text);
  assert.ok("root" in parsed);
  return layerOfTree({ schema, source: "config/default.json", text, parsed });
}

describe("a file's tree", () => {
  test("offers what it names, typed, with the line of the key", () => {
    const { candidates, faults } = layerOf('{\n"port": 1,\n"uploads": {\n"maxSize": "1gb" } }');
    assert.deepEqual(faults, []);
    assert.deepEqual(
      candidates.map(({ key, input, form, source }) => [key.name, input, form, source]),
      [
        ["port", 1, "typed", "config/default.json:2"],
        ["uploads.maxSize", "1gb", "typed", "config/default.json:4"],
      ],
    );
  });

  test("hands an object to a setting whole", () => {
    const { candidates } = layerOf('{"uploads": {"quotas": {"free": {"a": 1}}}}');
    assert.equal(JSON.stringify(candidates[0]?.input), '{"free":{"a":1}}');
  });

  test("reports unknown keys and keeps the rest", () => {
    const { candidates, faults } = layerOf('{"prot": 1, "uploads": {"maxSice": 2}, "host": "a"}');
    assert.equal(candidates.length, 1);
    assert.deepEqual(faultLines(faults), [
      '/prot | no such setting; did you mean "port"? | config/default.json:1',
      '/uploads/maxSice | no such setting; did you mean "uploads.maxSize"? | config/default.json:1',
    ]);
  });

  for (const text of ["1", "[]", '"hunter2"', "true"]) {
    test(`refuses ${text} in place of settings`, () => {
      assert.deepEqual(faultLines(layerOf(text).faults), [" | expected a group of settings | config/default.json"]);
    });
  }

  for (const text of ["1", "[]", "null", '"hunter2"']) {
    test(`refuses ${text} in place of a group`, () => {
      assert.deepEqual(faultLines(layerOf(`{"uploads": ${text}}`).faults), [
        "/uploads | expected a group of settings | config/default.json:1",
      ]);
    });
  }

  for (const key of ["__proto__", "constructor", "prototype"]) {
    test(`refuses ${key} wherever it stands, and the whole file with it`, () => {
      for (const text of [`{"port": 1, "${key}": {"host": "x"}}`, `{"uploads": {"quotas": {"a": [{"${key}": 1}]}}}`]) {
        const { candidates, faults } = layerOf(text);
        assert.deepEqual(candidates, []);
        assert.deepEqual(faultLines(faults), [` | the key "${key}" is never allowed | config/default.json`]);
      }
    });
  }

  test("stops after twenty unknown keys", () => {
    const text = JSON.stringify(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`unknown${index}`, index])));
    assert.equal(layerOf(text).faults.length, 20);
  });

  test("of an empty file offers nothing", () => assert.deepEqual(layerOf("null"), { candidates: [], faults: [] }));
});
