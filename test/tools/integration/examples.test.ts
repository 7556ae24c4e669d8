import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { checkExamples } from "../../../tools/examples.ts";
import { plantTree } from "../support/tree.ts";

const FENCE = "```";

/** What is wrong with the examples of a page, in a package of one room that exports `double`. */
async function faultsOf(code: string, flags = ""): Promise<string[]> {
  using tree = plantTree({
    "package.json": JSON.stringify({
      name: "plinth",
      type: "module",
      exports: { "./core": { "plinth:source": "./src/core/mod.ts" } },
    }),
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        target: "es2024",
        types: ["node"],
        strict: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        customConditions: ["plinth:source"],
      },
    }),
    "src/core/mod.ts": "export const double = (n: number): number => n * 2;",
    "README.md": `# Page\n\n${FENCE}ts${flags}\nimport { double } from "plinth/core";\n${code}\n${FENCE}\n`,
  });
  symlinkSync(resolve("node_modules"), join(tree.root, "node_modules"));
  return await checkExamples(tree.root);
}

describe("examples of the docs", () => {
  test("pass when their types are right and they end well", async () => {
    assert.deepEqual(await faultsOf(`if (double(2) !== 4) throw new Error("wrong");`), []);
  });

  test("fail when their types are wrong, naming page and line", async () => {
    assert.match((await faultsOf(`double("two");`)).join(), /README-md-line-3\.ts.*TS2345/);
  });

  test("fail when they throw", async () => {
    assert.match(
      (await faultsOf(`throw new Error(String(double(21)));`)).join(),
      /^README\.md:3 The example fails:[\s\S]*Error: 42/,
    );
  });

  test("fail when they do not end by themselves", async () => {
    assert.match((await faultsOf(`setInterval(double, 1_000, 1);`)).join(), /README\.md:3 [\s\S]*an example ends by itself/);
  });

  test("are not run when their fence says so, but type-checked", async () => {
    assert.deepEqual(await faultsOf(`throw new Error(String(double(1)));`, " no-run"), []);
    assert.match((await faultsOf(`double("two");`, " no-run")).join(), /TS2345/);
  });
});
