import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findService } from "plinth/testing";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const FOLDER = "apps/parcel/test";
/** Those that run the others. */
const RUNNERS: ReadonlySet<string> = new Set(["integration/mysql.test.ts", "integration/postgres.test.ts"]);
/** Milliseconds. */
const TIMEOUT = 280_000;

/** Runs Parcel's other tests on an engine; resolves to the exit code and the end of what was printed. */
function runTests(engine: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ readonly code: number | null; readonly output: string }>();
  // NODE_TEST_CONTEXT would make the child believe that it is a child of Node's own runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const others = globSync("**/*.test.ts", { cwd: join(ROOT, FOLDER) }).filter((file) => !RUNNERS.has(file));
  const child = spawn(process.execPath, [...process.execArgv, "tools/test.ts", ...others.map((file) => join(FOLDER, file))], {
    cwd: ROOT,
    env: { ...env, PARCEL_TEST_ENGINE: engine },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-20_000);
    });
  child.on("close", (code) => resolve({ code, output }));
  return promise;
}

/** Declares a test that holds Parcel's other tests, unchanged, on an engine and Redis. */
export function testOn(engine: "postgres" | "mysql"): void {
  test(`all tests of Parcel hold on ${engine} and Redis`, { timeout: TIMEOUT }, async (t) => {
    for (const service of [engine, "redis"] as const) {
      const { missing } = await findService(service);
      if (missing !== undefined) return t.skip(missing);
    }
    const { code, output } = await runTests(engine);
    assert.equal(code, 0, output);
    assert.match(output, /^\d{2,} passed, 0 failed/m);
  });
}
