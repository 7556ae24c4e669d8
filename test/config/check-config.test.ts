import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkConfig } from "#src/config/check-config";
import { defineConfig } from "#src/config/define-config";
import * as setting from "#src/config/setting";
import { makeFolder } from "./support/folder.ts";

const schema = defineConfig({ token: setting.secret({ requiredIn: ["production"] }) });

describe("checkConfig", () => {
  test("says that all is well", async (t) => {
    const check = await checkConfig({ schema, env: {}, folder: makeFolder(t) });
    assert.deepEqual([check.ok, check.faults], [true, []]);
    assert.match(check.text, /^The configuration \(development\) is valid: \d\d settings\.\n$/);
  });

  test("finds what production lacks, from a development machine", async (t) => {
    const check = await checkConfig({
      schema,
      env: { APP_ENV: "development" },
      environment: "production",
      folder: makeFolder(t),
    });
    assert.equal(check.ok, false);
    assert.deepEqual(
      check.faults.map((fault) => fault.pointer),
      ["/appKey", "/token"],
    );
    assert.match(check.text, /\(production\) has 2 faults[^]*APP_KEY[^]*TOKEN \(not set\)\n$/);
  });

  test("does not swallow what is no fault of the configuration", async (t) => {
    const broken = defineConfig({
      a: setting.text({
        default: () => {
          throw new RangeError("bug");
        },
      }),
    });
    await assert.rejects(checkConfig({ schema: broken, env: {}, folder: makeFolder(t) }), RangeError);
  });
});
