import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { plantTree } from "../support/tree.ts";

const BIN = readFileSync("bin/plinth.js", "utf8");
const PACKAGE = JSON.stringify({ type: "module", imports: { "#which": { "plinth:source": "./src.js", default: "./dist.js" } } });
const MAIN = `import which from "#which"; console.log(which, process.argv.slice(2).join("|")); process.exitCode = 7;`;
const MODULES = { "package.json": PACKAGE, "src.js": `export default "source";`, "dist.js": `export default "built";` };

function start(
  files: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): { stdout: string; stderr: string; code: number | null } {
  using tree = plantTree({ ...MODULES, "bin/plinth.js": BIN, ...files });
  const child = spawnSync(process.execPath, [...options, join(tree.root, "bin/plinth.js"), "start", "an app", "--set=a b"], {
    encoding: "utf8",
  });
  return { stdout: child.stdout, stderr: child.stderr, code: child.status };
}

const pretend = (code: string): string => `--import=data:text/javascript,${encodeURIComponent(code)}`;

describe("the plinth command", () => {
  test("runs what is built, with its arguments and exit code", () => {
    const built = start({ "dist/cli/main.js": MAIN, "src/cli/main.ts": "throw new Error('not this')" });
    assert.deepEqual(built, { stdout: "built start|an app|--set=a b\n", stderr: "", code: 7 });
  });

  test("runs the sources of a checkout that is not built, under their condition", () => {
    const checkout = start({ "src/cli/main.ts": `const typed: string = ""; ${MAIN} typed satisfies string;` });
    assert.deepEqual(checkout, { stdout: "source start|an app|--set=a b\n", stderr: "", code: 7 });
  });

  test("does the same where a process cannot replace itself", () => {
    const checkout = start({ "src/cli/main.ts": MAIN }, [pretend("process.execve = undefined")]);
    assert.deepEqual(checkout, { stdout: "source start|an app|--set=a b\n", stderr: "", code: 7 });
  });

  for (const [version, old] of [
    ["18.20.8", true],
    ["24.14.0", true],
    ["24.14.1", false],
    ["24.15.0", false],
    ["100.0.0", false],
  ] as const) {
    test(`${old ? "refuses" : "takes"} Node ${version}`, () => {
      const run = start({ "dist/cli/main.js": MAIN }, [
        pretend(`Object.defineProperty(process, "versions", { value: { node: "${version}" } })`),
      ]);
      assert.equal(run.code, old ? 1 : 7);
      const needed = `plinth needs Node 24.14.1 or later, and this is ${version} (${process.execPath}).\nInstall a newer one, `;
      assert.equal(run.stderr.startsWith(needed), old, run.stderr);
    });
  }

  test("is written so that an old Node reads far enough to say so", () => {
    assert.doesNotMatch(BIN, /=>|\?\.|\?\?|`|\bawait\b|\b(?:const|let|class)\b/);
  });
});
