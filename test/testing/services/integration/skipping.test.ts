import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const RUNNER = fileURLToPath(new URL("../../../../tools/test.ts", import.meta.url));

const root = mkdtempSync(join(tmpdir(), "plinth-skipping-"));
after(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, "package.json"), `{ "type": "module" }`);
mkdirSync(join(root, "test"));
writeFileSync(
  join(root, "test", "data.test.ts"),
  `import { test } from "node:test";
import { findService } from "${import.meta.resolve("#src/testing/services/find-service")}";
import { testEngines } from "${import.meta.resolve("#src/testing/services/test-engines")}";

testEngines("keeps rows", () => {});
test("counts in Redis", async (t) => {
  const { missing } = await findService("redis");
  if (missing !== undefined) return t.skip(missing);
});
`,
);

/** Runs those tests on a machine with these variables and no others that name servers. */
function run(env: Readonly<Record<string, string>>): {
  readonly output: string;
  readonly last: string;
  readonly code: number | null;
} {
  const conditions = import.meta.resolve("#src/core/mod").endsWith(".ts") ? ["--conditions=plinth:source"] : [];
  const child = spawnSync(process.execPath, [...conditions, RUNNER], {
    cwd: root,
    env: { PATH: process.env["PATH"], ...env },
    encoding: "utf8",
  });
  return { output: child.stdout + child.stderr, last: child.stdout.trimEnd().split("\n").at(-1) ?? "", code: child.status };
}

const NAMES = ["keeps rows (postgres)", "keeps rows (mysql)", "counts in Redis"];

describe("on a machine without servers", () => {
  test("tests that need them are skipped by name, with the reason and what to do", () => {
    const { output, last, code } = run({ TEST_SERVERS: "named" });
    assert.equal(last, "1 passed, 0 failed, 3 skipped", output);
    assert.equal(code, 0);
    for (const [index, variable] of ["TEST_POSTGRES_URL", "TEST_MYSQL_URL", "TEST_REDIS_URL"].entries()) {
      const line = `- skipped: \\S+:\\d+ ${NAMES[index]?.replace(/[()]/g, "\\$&")}: no .* found. ${variable} is not set. Set`;
      assert.match(output, new RegExp(line));
    }
  });

  test("no program on the PATH is a reason too", () => {
    const { output, last } = run({ TEST_SERVERS: "own", PATH: "/nowhere" });
    assert.match(last, / 0 failed, /, output);
    assert.match(output, /counts in Redis: no Redis found\. .* No program "redis-server" is on the PATH\./);
    assert.match(output, /keeps rows \(mysql\): no MySQL or MariaDB found\. .* No program "mariadbd" is on the PATH\./);
  });

  test("REQUIRE_SERVICES=1 turns each skip into a failure", () => {
    const { output, last, code } = run({ TEST_SERVERS: "named", REQUIRE_SERVICES: "1" });
    assert.equal(last, "1 passed, 3 failed, 0 skipped", output);
    assert.equal(code, 1);
    for (const name of NAMES) assert.ok(output.includes(`${name}: no `), output);
  });

  test("a variable that names a server which is not there is a failure, and no skip", () => {
    const { output, last, code } = run({ TEST_SERVERS: "named", TEST_REDIS_URL: "redis://127.0.0.1:1" });
    assert.equal(last, "1 passed, 1 failed, 2 skipped", output);
    assert.equal(code, 1);
    assert.match(output, /counts in Redis[^]*The Redis that TEST_REDIS_URL names cannot be used: connect ECONNREFUSED/);
  });
});
