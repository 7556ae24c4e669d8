import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { settingsChecks } from "#src/cli/doctor/settings-checks";
import { findingsOf, lookAt, makeSubject } from "../support/subject.ts";

const CALM = { SHUTDOWN_TIMEOUT: "20s" };

describe("the settings of a production program", () => {
  test("are fine by default, but for the time that orchestrators give", async (t) => {
    assert.deepEqual(await findingsOf(settingsChecks, await makeSubject(t)), ["note shutdown-longer-than-grace"]);
    assert.deepEqual(await findingsOf(settingsChecks, await makeSubject(t, { env: CALM })), []);
  });

  for (const [env, finding] of [
    [{ LOG_LEVEL: "debug" }, "warning log-level-chatty"],
    [{ LOG_LEVEL: "trace" }, "warning log-level-chatty"],
    [{ LOG_LEVEL: "silent" }, "warning log-level-mute"],
    [{ LOG_FORMAT: "pretty" }, "warning log-format-pretty"],
    [{ SHUTDOWN_DELAY: "0s" }, "warning shutdown-delay-none"],
    [
      { APP_KEY: ["a", "b", "c", "d"].map((end) => `wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6${end}`).join(",") },
      "warning app-key-not-retired",
    ],
  ] as const) {
    test(`with ${Object.keys(env).join()}=${Object.values(env).join().slice(0, 8)} are found to be ${finding}`, async (t) => {
      assert.deepEqual(await findingsOf(settingsChecks, await makeSubject(t, { env: { ...CALM, ...env } })), [finding]);
    });
  }

  test("of development may be chatty", async (t) => {
    const env = { APP_ENV: "development", LOG_LEVEL: "trace", LOG_FORMAT: "pretty" };
    assert.deepEqual(await findingsOf(settingsChecks, await makeSubject(t, { env })), []);
  });
});

describe("files with secrets", () => {
  test("in the source are a fault, and never repeated", async (t) => {
    const subject = await makeSubject(t, { env: CALM, files: { "config/default.yaml": "smtpPassword: hunter2\n" } });
    chmodSync(join(subject.folder, "config/default.yaml"), 0o600);
    const findings = await lookAt(settingsChecks, subject);
    assert.deepEqual(
      findings.map(({ id }) => id),
      ["secret-in-config-file"],
    );
    assert.match(findings[0]?.what ?? "", /^config\/default\.yaml holds smtpPassword$/);
    assert.ok(!JSON.stringify(findings).includes("hunter2"));
  });

  test("that others may read are found, whether .env or a file that a variable names", async (t) => {
    const files = { ".env": "SMTP_PASSWORD=x", "key.txt": "wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E" };
    const subject = await makeSubject(t, { env: { ...CALM, APP_KEY_FILE: "key.txt" }, files });
    for (const name of Object.keys(files)) chmodSync(join(subject.folder, name), 0o644);
    const whats = (await lookAt(settingsChecks, subject)).map(({ id, what }) => `${id} ${what.split("which holds ")[1]}`);
    assert.deepEqual(whats.toSorted(), ["secret-file-readable appKey", "secret-file-readable smtpPassword"]);
    for (const name of Object.keys(files)) chmodSync(join(subject.folder, name), 0o600);
    assert.deepEqual(await findingsOf(settingsChecks, subject), []);
  });

  test("must be kept out of version control", async (t) => {
    const files = { ".env": "PORT=0", ".git/HEAD": "ref: refs/heads/main" };
    assert.deepEqual(await findingsOf(settingsChecks, await makeSubject(t, { env: CALM, files })), [
      "error env-file-not-ignored",
    ]);
    for (const rule of [".env", ".env*", "/.env", "**/.env"]) {
      const subject = await makeSubject(t, { env: CALM, files: { ...files, ".gitignore": `node_modules\n${rule}\n` } });
      assert.deepEqual(await findingsOf(settingsChecks, subject), [], rule);
    }
  });
});
