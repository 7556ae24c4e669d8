import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { configExample } from "#src/config/config-example";
import { defineConfig } from "#src/config/define-config";
import { loadConfig } from "#src/config/load-config";
import * as setting from "#src/config/setting";
import { faultLines, failureOf } from "./support/failure.ts";
import { makeFolder } from "./support/folder.ts";

const schema = defineConfig({
  mail: { host: setting.text({ doc: "Server\nthat sends." }), note: setting.text({ default: "it's # here" }) },
  token: setting.secret({ optional: true, doc: "Token." }),
  days: setting.list(setting.integer(), { default: [1, 2] }),
});

describe("configExample", () => {
  test("gives every variable with doc, expectation and default; secrets are marked", () => {
    const text = configExample(schema);
    for (const { variable } of schema.keys) assert.match(text, new RegExp(`^(# )?${variable}=`, "m"));
    assert.ok(text.includes("\n\n# Token.\n# Secret. Expects a secret text that is not empty; optional.\n# TOKEN=\n"));
    assert.ok(text.includes("\n# DAYS=1,2\n"));
    assert.ok(text.includes("\n# MAIL_NOTE=`it's # here`\n") || text.includes('\n# MAIL_NOTE="it\'s # here"\n'));
  });

  test("says which settings may change while the program runs", () => {
    const [, level = ""] = configExample(schema).split("Least grave level that is logged.");
    assert.match(level, /^\n# A change holds at once, without a restart\.\n/);
    assert.equal(configExample(schema).split("A change holds at once").length - 1, 3);
  });

  test("leaves only required variables uncommented, and empty", () => {
    assert.deepEqual({ ...parseEnv(configExample(schema)) }, { MAIL_HOST: "" });
  });

  test("keeps docs on one line, so that no line of them becomes a variable", () => {
    assert.ok(configExample(schema).includes("# Server\\u000athat sends.\n"));
  });

  test("copied as it is names what was forgotten", async (t) => {
    const folder = makeFolder(t, { ".env": configExample(schema) });
    const error = await failureOf(loadConfig({ schema, env: {}, folder }), "E_CONFIG_INVALID");
    assert.deepEqual(faultLines(error.faults), ["/mail/host | expected text that is not empty | .env"]);
  });

  test("uncommented gives the defaults back", async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[ -~äß€]{1,20}$/), async (value) => {
        // parseEnv has no escapes: a text with all three kinds of quotes cannot be written at all.
        fc.pre(!["'", '"', "`"].every((mark) => value.includes(mark)) && !(value.includes("\\n") && /['`]/.test(value)));
        const one = defineConfig({ note: setting.text({ default: value }) });
        const text = configExample(one).replaceAll(/^# (NOTE=)/gm, "$1");
        const { values, provenance } = await loadConfig({ schema: one, env: {}, folder: makeFolder(t, { ".env": text }) });
        assert.deepEqual([values.note, provenance["note"]], [value, ".env"]);
      }),
    );
  });
});
