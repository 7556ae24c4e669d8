import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createPackageChecks, packageChecks } from "#src/cli/doctor/package-checks";
import { lookAt, makeSubject } from "../support/subject.ts";

const manifest = (name: string, version: string): Record<string, string> => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version }),
});

describe("installed packages", () => {
  test("are fine in this very package", async (t) => {
    assert.deepEqual(await lookAt(packageChecks, await makeSubject(t)), []);
  });

  test("lesson: CVE-2026-47219, CVE-2026-32763: versions with known holes are found", async (t) => {
    const files = { ...manifest("find-my-way", "9.6.0"), ...manifest("kysely", "0.28.16"), ...manifest("qs", "6.16.0") };
    const whats = (await lookAt(packageChecks, await makeSubject(t, { files }))).map(({ id, what }) => `${id}: ${what}`);
    assert.deepEqual(whats, [
      "package-vulnerable: find-my-way 9.6.0 is installed",
      "package-vulnerable: kysely 0.28.16 is installed",
    ]);
  });

  test("that a configured store needs are missed", async (t) => {
    const env = { DATABASE_URL: "mysql://u:hunter2@db/app", REDIS_URL: "redis://cache" };
    // This package has every driver for its own tests: what is installed is made up here.
    const checks = createPackageChecks((name) => (name === "mysql2" ? "3.24.6" : undefined));
    const findings = await lookAt(checks, await makeSubject(t, { env }));
    assert.deepEqual(
      findings.map(({ id, todo }) => `${id}: ${todo}`),
      ["driver-missing: npm install @redis/client"],
    );
    assert.ok(!JSON.stringify(findings).includes("hunter2"));
  });
});
