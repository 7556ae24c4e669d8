import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineConfig } from "#src/config/define-config";
import { layerOfOverrides } from "#src/config/layer-overrides";
import * as setting from "#src/config/setting";
import { faultLines } from "./support/failure.ts";

const schema = defineConfig({ uploads: { maxSize: setting.size(), note: setting.text() } });

describe("--set", () => {
  test("splits at the first equals sign", () => {
    const { candidates, faults } = layerOfOverrides(schema, ["uploads.note=a=b", "port=", "port=1"]);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      candidates.map(({ key, input, form, source }) => [key.name, input, form, source]),
      [
        ["uploads.note", "a=b", "text", "--set"],
        ["port", "", "text", "--set"],
        ["port", "1", "text", "--set"],
      ],
    );
  });

  for (const [override, fault] of [
    ["prot=1", '/prot | no such setting; did you mean "port"? | --set'],
    ["PORT=1", '/PORT | no such setting; did you mean "port"? | --set'],
    ["uploads.maxsize=hunter2", '/uploads/maxsize | no such setting; did you mean "uploads.maxSize"? | --set'],
    ["uploads=hunter2", '/uploads | no such setting; did you mean "uploads"? | --set'],
    ["hunter2", " | expected key=value | --set"],
    ["=hunter2", " | holds a key that is not a name | --set"],
    ["__proto__.polluted=1", "/__proto__/polluted | no such setting | --set"],
    ["constructor=1", "/constructor | no such setting | --set"],
  ] as const) {
    test(`refuses ${override}`, () => {
      const { candidates, faults } = layerOfOverrides(schema, [override]);
      assert.deepEqual(candidates, []);
      assert.deepEqual(faultLines(faults), [fault]);
    });
  }
});
