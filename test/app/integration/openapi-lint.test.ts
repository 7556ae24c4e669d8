import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createTestApp } from "#src/testing/mod";
import type { AnyApp } from "#src/app/mod";
import parcel from "../../../apps/parcel/app.ts";
import { TestData } from "../../../apps/parcel/test/support/parcel.ts";
import kitchen from "../../support/apps/kitchen.ts";
import shop from "../../support/apps/shop.ts";

const REDOCLY = fileURLToPath(new URL("../../../node_modules/@redocly/cli/bin/cli.js", import.meta.url));

/** What the linter says of an app's served document. Nothing leaves the machine. */
async function lint(
  definition: AnyApp,
  config: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly errors: readonly string[]; readonly warnings: readonly string[] }> {
  await using app = await createTestApp(definition, { config });
  const folder = mkdtempSync(join(tmpdir(), "plinth-lint-"));
  try {
    const document = join(folder, "openapi.json");
    writeFileSync(document, await (await app.fetch("/openapi.json")).text());
    writeFileSync(join(folder, "redocly.yaml"), "extends: [recommended]\ntelemetry: off\n");
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [REDOCLY, "lint", document, "--config", join(folder, "redocly.yaml"), "--format", "json"],
      {
        encoding: "utf8",
        env: { PATH: process.env["PATH"], REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", CI: "true" },
      },
    );
    assert.ok(stdout.includes("{"), stderr);
    const { problems } = JSON.parse(stdout) as { problems: readonly { ruleId: string; severity: string; message: string }[] };
    const of = (severity: string): string[] =>
      problems.filter((problem) => problem.severity === severity).map(({ ruleId, message }) => `${ruleId}: ${message}`);
    return { errors: of("error"), warnings: of("warn") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("@redocly/cli lint", () => {
  test("finds no error in the document of an app that declares everything", async () => {
    const { errors, warnings } = await lint(kitchen);
    assert.deepEqual(errors, []);
    // A license is not ours to choose, and a tag's name says it all.
    const others = warnings.filter((warning) => !/^(info-license|tag-description):/.test(warning));
    assert.deepEqual(others, []);
  });

  test("finds no error in the document of the reference server", async () => {
    await using data = await TestData.open();
    assert.deepEqual((await lint(parcel, { ...data.settings })).errors, []);
  });

  test("finds no error in the document of an app that declares little", async () => {
    assert.deepEqual((await lint(shop)).errors, []);
  });
});
