import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../support/print-loaded.ts", import.meta.url));

/** The URLs of all that comes with a module, in a process of its own; of the build where that is what is tested. */
function loadedWith(specifier: string): readonly string[] {
  const module = import.meta.resolve(specifier);
  const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, SCRIPT, module], { encoding: "utf8" });
  const urls = stdout.trim().split("\n");
  assert.ok(urls.includes(module), stderr);
  return urls;
}

// What each room brings is held by test/tools/integration/what-is-loaded.test.ts.
describe("a program's start", () => {
  const expectations: readonly (readonly [specifier: string, without: RegExp])[] = [
    ["#src/app/mod", /\/(kysely|@redis)\/|\/app\/program/],
    // A program's threads begin before the rest of it is loaded.
    ["#src/cli/start", /\/(kysely|pino|find-my-way)\//],
  ];
  for (const [specifier, without] of expectations) {
    test(`${specifier} brings nothing of ${without.source}`, () => {
      assert.deepEqual(
        loadedWith(specifier).filter((url) => without.test(url)),
        [],
      );
    });
  }
});
