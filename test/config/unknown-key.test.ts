import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineConfig } from "#src/config/define-config";
import * as setting from "#src/config/setting";
import { describeUnknown } from "#src/config/unknown-key";

const schema = defineConfig({ uploads: { maxSize: setting.size() } });

describe("an unknown key", () => {
  for (const [path, detail] of [
    [["prot"], 'no such setting; did you mean "port"?'],
    [["uploads", "maxsize"], 'no such setting; did you mean "uploads.maxSize"?'],
    [["upload"], 'no such setting; did you mean "uploads"?'],
    [["UPLOADS_MAX_SIZE"], 'no such setting; did you mean "uploads.maxSize"?'],
    [["somethingElse"], "no such setting"],
  ] as const) {
    test(`${path.join(".")}: ${detail}`, () => assert.deepEqual(describeUnknown(schema, path), { pointerPath: path, detail }));
  }

  for (const key of ["password:hunter2", "hunter 2", "", "a.b", "<<", "x".repeat(65), "1"]) {
    test(`${JSON.stringify(key)} is not repeated: it may be a value in the wrong place`, () => {
      assert.deepEqual(describeUnknown(schema, ["uploads", key]), {
        pointerPath: ["uploads"],
        detail: "holds a key that is not a name",
      });
    });
  }
});
