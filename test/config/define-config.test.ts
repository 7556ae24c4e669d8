import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ConfigOf, SettingTree } from "#src/config/contract";
import { defineConfig, isSetting } from "#src/config/define-config";
import * as setting from "#src/config/setting";
import { type Secret, type Size, isPlinthError } from "#src/core/mod";

const schema = defineConfig({
  uploads: { maxSize: setting.size({ default: "1mb" }), limits: { perUser: setting.integer({ default: 1 }) } },
  smtpPassword: setting.secret({ optional: true }),
});

function variableOf(tree: SettingTree): string | undefined {
  return defineConfig(tree as Record<string, never>).keys.at(-1)?.variable;
}

function refuses(tree: unknown, code: string, message: RegExp): void {
  assert.throws(
    () => defineConfig(tree as Record<string, never>),
    (thrown) => isPlinthError(thrown, code) && message.test(thrown.message),
  );
}

describe("defineConfig", () => {
  test("types the values, groups included, beside Plinth's own", () => {
    type Config = ConfigOf<typeof schema>;
    const pick = (config: Config): readonly [Size, number, Secret | undefined, number, "all" | "http" | "jobs"] => [
      config.uploads.maxSize,
      config.uploads.limits.perUser,
      config.smtpPassword,
      config.port,
      config.role,
    ];
    // @ts-expect-error -- values are read only
    const write = (config: Config): void => void (config.uploads.maxSize = "2mb");
    // @ts-expect-error -- no such setting
    const miss = (config: Config): unknown => config.uploads.maximum;
    for (const use of [pick, write, miss]) assert.equal(typeof use, "function");
  });

  test("lists settings with names, Plinth's own first, in the order of declaration", () => {
    assert.equal(schema.keys[0]?.name, "environment");
    assert.deepEqual(
      schema.keys.slice(-3).map(({ name, path, variable }) => [name, path, variable]),
      [
        ["uploads.maxSize", ["uploads", "maxSize"], "UPLOADS_MAX_SIZE"],
        ["uploads.limits.perUser", ["uploads", "limits", "perUser"], "UPLOADS_LIMITS_PER_USER"],
        ["smtpPassword", ["smtpPassword"], "SMTP_PASSWORD"],
      ],
    );
  });

  for (const [key, variable] of [
    ["s3Bucket", "S3_BUCKET"],
    ["publicURL", "PUBLIC_URL"],
    ["useHTTPServer", "USE_HTTP_SERVER"],
    ["oauth2Client", "OAUTH2_CLIENT"],
    ["aBC", "A_BC"],
  ] as const) {
    test(`reads ${key} from ${variable}`, () => assert.equal(variableOf({ [key]: setting.text() }), variable));
  }

  test("takes another variable by name", () =>
    assert.equal(variableOf({ a: setting.text({ env: "UPLOADS_FOLDER" }) }), "UPLOADS_FOLDER"));

  test("keeps Plinth's own keys, at compile time and at boot", () => {
    const define = (): unknown =>
      defineConfig({
        // @ts-expect-error -- This key belongs to Plinth's own settings: choose another name
        port: setting.port(),
      });
    assert.throws(define, (thrown) => isPlinthError(thrown, "E_CONFIG_KEY_RESERVED"));
    refuses({ databaseUrl: { nested: setting.text() } }, "E_CONFIG_KEY_RESERVED", /"databaseUrl"/);
    assert.equal(variableOf({ smtp: { port: setting.port() } }), "SMTP_PORT");
  });

  for (const key of [
    "",
    "a.b",
    "a-b",
    "A",
    "1a",
    "a b",
    "ü",
    "~setting",
    "a".repeat(65),
    "constructor",
    "toString",
    "valueOf",
    "hasOwnProperty",
  ]) {
    test(`refuses the key ${JSON.stringify(key)}`, () =>
      refuses({ group: { [key]: setting.text() } }, "E_CONFIG_SCHEMA_INVALID", /camelCase/));
  }

  test("refuses a group by the name of __proto__", () => {
    const tree: unknown = JSON.parse('{"__proto__": {"a": {}}}');
    refuses(tree, "E_CONFIG_SCHEMA_INVALID", /camelCase/);
  });

  for (const env of ["", "lower", "A-B", "1A", "A=B", "A\0"]) {
    test(`refuses the variable ${JSON.stringify(env)}`, () =>
      refuses({ a: setting.text({ env }) }, "E_CONFIG_SCHEMA_INVALID", /capitals/));
  }

  test("refuses a variable that two settings read, also one of Plinth's own", () => {
    refuses({ a: { b: setting.text() }, aB: setting.text() }, "E_CONFIG_SCHEMA_INVALID", /A_B, and so is "a\.b"/);
    refuses({ a: setting.text({ env: "PORT" }) }, "E_CONFIG_SCHEMA_INVALID", /PORT, and so is "port"/);
  });

  test("refuses what systems set for everybody, unless it is asked for by name", () => {
    for (const key of ["path", "home", "user", "lang", "tmpdir"])
      refuses({ [key]: setting.text() }, "E_CONFIG_SCHEMA_INVALID", /other purposes/);
    assert.equal(variableOf({ home: setting.text({ env: "HOME" }) }), "HOME");
  });

  test("returns a frozen schema", () =>
    assert.ok(Object.isFrozen(schema) && Object.isFrozen(schema.keys) && Object.isFrozen(schema.tree)));
});

test("isSetting tells settings from groups", () => {
  assert.equal(isSetting(setting.text()), true);
  assert.equal(isSetting({ a: setting.text() }), false);
  assert.equal(isSetting({}), false);
});
