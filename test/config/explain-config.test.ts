import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineConfig } from "#src/config/define-config";
import { explainConfig, formatExplanation } from "#src/config/explain-config";
import { loadConfig } from "#src/config/load-config";
import * as setting from "#src/config/setting";
import { makeFolder } from "./support/folder.ts";

const schema = defineConfig({ mail: { from: setting.text({ default: "a@b" }), password: setting.secret({ optional: true }) } });

describe("explainConfig", () => {
  test("lists every setting with its value and source, secrets masked", async (t) => {
    const folder = makeFolder(t, { ".env": "MAIL_PASSWORD=hunter2\n" });
    const env = { DATABASE_URL: "postgres://app:hunter2@db/app" };
    const rows = explainConfig(await loadConfig({ schema, env, folder }));
    assert.deepEqual(
      rows.map((row) => row.key),
      schema.keys.map((key) => key.name),
    );
    const pick = (key: string): unknown => rows.find((row) => row.key === key);
    assert.deepEqual(pick("mail.from"), { key: "mail.from", variable: "MAIL_FROM", value: "a@b", source: "default" });
    assert.deepEqual(pick("mail.password"), {
      key: "mail.password",
      variable: "MAIL_PASSWORD",
      value: "[secret]",
      source: ".env",
    });
    assert.deepEqual(pick("redisUrl"), { key: "redisUrl", variable: "REDIS_URL", value: "-", source: "not set" });
    assert.deepEqual(pick("databaseUrl"), {
      key: "databaseUrl",
      variable: "DATABASE_URL",
      value: "postgres://[secret]@db/app",
      source: "environment DATABASE_URL",
    });
  });

  test("keeps each value on one line, whatever it holds", async (t) => {
    const rows = explainConfig(await loadConfig({ schema, env: { MAIL_FROM: "a\n\u001b[2Jb" }, folder: makeFolder(t) }));
    assert.equal(rows.find((row) => row.key === "mail.from")?.value, "a\\u000a\\u001b[2Jb");
  });
});

describe("formatExplanation", () => {
  test("aligns columns", () => {
    const rows = [
      { key: "port", variable: "PORT", value: "3000", source: "default" },
      { key: "adminPort", variable: "ADMIN_PORT", value: "1", source: "--set" },
    ];
    assert.equal(formatExplanation(rows), "KEY        VALUE  SOURCE\nport       3000   default\nadminPort  1      --set\n");
  });

  test("does not let one long value widen the table", () => {
    const rows = [
      { key: "a", variable: "A", value: "x".repeat(200), source: "--set" },
      { key: "b", variable: "B", value: "y", source: "default" },
    ];
    assert.equal(formatExplanation(rows).split("\n")[2], `b    y${" ".repeat(47)}  default`);
  });
});
