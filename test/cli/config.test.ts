import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { check, example, explain } from "#src/cli/config";
import { isPlinthError } from "#src/core/mod";
import { SHOP } from "./support/url.ts";

const options = { app: SHOP, env: "test" } as const;
const KEY = "k3y-0f-th3-t3sts-w1th-m0r3-th4n-32-byt3s";

describe("config explain", () => {
  test("shows every value with its source, secrets masked", async () => {
    const text = await explain({ ...options, set: ["apiToken=hunter2-hunter2", "uploads.maxSize=2mb"] });
    assert.match(text, /^KEY +VALUE +SOURCE\n/);
    assert.match(text, /^apiToken +\[secret\] +--set$/m);
    assert.match(text, /^uploads\.maxSize +2mb +--set$/m);
    assert.match(text, /^greeting +hello +default$/m);
    assert.doesNotMatch(text, /hunter2/);
  });

  test("is the same as JSON, secrets masked too", async () => {
    const text = await explain({ ...options, json: true, set: [`appKey=${KEY}`] });
    const rows = JSON.parse(text) as { key: string; variable: string; value: string; source: string }[];
    assert.deepEqual(
      rows.find((row) => row.key === "appKey"),
      { key: "appKey", variable: "APP_KEY", value: "[secret]", source: "--set" },
    );
    assert.doesNotMatch(text, new RegExp(KEY));
  });

  test("says where a root secret comes from that nobody has configured", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-explain-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const development = { app: SHOP, env: "development", set: [`dataFolder=${folder}`] } as const;
    const line = async (): Promise<string | undefined> => /^appKey .*$/m.exec(await explain(development))?.[0];
    assert.match((await line()) ?? "", /^appKey +\[secret\] +made at the first start, in .*app\.key$/);
    writeFileSync(join(folder, "app.key"), KEY);
    const explained = (await line()) ?? "";
    assert.match(explained, /^appKey +\[secret\] +\/.*app\.key$/);
    assert.ok(!explained.includes(KEY));
  });

  test("of a configuration that does not load is its faults", async () => {
    await assert.rejects(
      explain({ ...options, set: ["port=many"] }),
      (thrown) => isPlinthError(thrown, "E_CONFIG_INVALID") && thrown.faults?.length === 1,
    );
  });
});

describe("config check", () => {
  test("says that all is well", async () => {
    const { ok, text } = await check(options);
    assert.equal(ok, true);
    assert.match(text, /^The configuration \(test\) is valid: \d+ settings\.\n$/);
  });

  test("names every fault at once", async () => {
    const { ok, text } = await check({ ...options, set: ["port=many", "uploads.maxSise=1mb", "logLevel=loud"] });
    assert.equal(ok, false);
    for (const key of ["port", "uploads.maxSise", "logLevel"]) assert.match(text, new RegExp(`^  ${key}: .*\\(--set\\)$`, "m"));
    assert.match(text, /3 faults/);
  });

  test("for production fails without APP_KEY, and names it", async () => {
    const { ok, text } = await check({ ...options, env: "production", set: [] });
    assert.equal(ok, false);
    assert.match(text, /APP_KEY/);
  });

  test("refuses half a certificate, and files that are none, as a start does", async () => {
    const half = { ...options, set: ["tlsCertFile=/nonexistent/cert.pem"] };
    await assert.rejects(check(half), { code: "E_APP_TLS_INCOMPLETE" });
    const missing = { ...options, set: [...half.set, "tlsKeyFile=/nonexistent/key.pem"] };
    await assert.rejects(check(missing), { code: "E_APP_CERTIFICATE_INVALID" });
    assert.equal((await check({ ...options, set: [...missing.set, "role=jobs"] })).ok, true);
  });

  test("for production passes with one", async () => {
    assert.equal((await check({ ...options, env: "production", set: [`appKey=${KEY}`] })).ok, true);
  });

  test("refuses a root secret that would keep the app from starting", async () => {
    const weak = "a".repeat(40);
    await assert.rejects(check({ ...options, env: "production", set: [`appKey=${weak}`] }), (thrown) => {
      return isPlinthError(thrown, "E_CONFIG_APP_KEY_WEAK") && !thrown.message.includes(weak);
    });
  });
});

describe("config example", () => {
  test("is a commented .env", async () => {
    const text = await example({ ...options, format: "env" });
    assert.match(text, /^# UPLOADS_MAX_SIZE=1mb$/m);
    assert.match(text, /^# PORT=3000$/m);
  });

  test("is a JSON Schema", async () => {
    const schema = JSON.parse(await example({ ...options, format: "json-schema" })) as { properties: Record<string, unknown> };
    for (const key of ["greeting", "uploads", "port"]) assert.ok(key in schema.properties, key);
  });

  test("is a reference in Markdown", async () => {
    assert.match(await example({ ...options, format: "markdown" }), /\|.*UPLOADS_MAX_SIZE.*\|/);
  });
});
