import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkBoundaries, findFaults, printTable } from "../../tools/boundaries.ts";
import { IMPORT_TABLE } from "../../tools/import-table.ts";
import { plantTree } from "./support/tree.ts";

/** The faults of a tree, one text each. */
function faultsOf(files: Readonly<Record<string, string>>): string[] {
  using tree = plantTree(files);
  return findFaults(tree.root).map((fault) => `${fault.file}:${fault.line} ${fault.message}`);
}

describe("boundaries", () => {
  test("let through what the table allows", () => {
    const faults = faultsOf({
      "src/core/mod.ts": `export { a } from "./a.ts";`,
      "src/core/a.ts": `import { readFile } from "node:fs/promises"; export const a = readFile;`,
      "src/http/contract.ts": `import type { A } from "../core/mod.ts"; import type { L } from "../log/contract.ts";`,
      "src/http/node/server.ts": `import { createServer } from "node:http2"; import find from "find-my-way";`,
      "src/app/threads/worker.ts": `import { Worker } from "node:worker_threads"; import.meta.resolve("#thread-entry");`,
      "src/core/thread-index.ts": `import { threadId } from "node:worker_threads";`,
      "src/config/process-environment.ts": `export const env = process.env;`,
      "src/testing/schema.ts": `import { z } from "zod";`,
      "apps/shop/main.ts": `import "plinth/app"; import { z } from "zod"; import "./routes.ts"; import "node:fs";`,
      "apps/shop/routes.ts": `import { route } from "plinth/http";`,
    });
    assert.deepEqual(faults, []);
  });

  const planted: readonly (readonly [string, string, string, RegExp])[] = [
    [
      "a room that the table does not allow",
      "src/core/a.ts",
      `\nimport "../log/mod.ts";`,
      /^src\/core\/a\.ts:2 Room "core" may not import room "log"/,
    ],
    [
      "the same for types",
      "src/app/a.ts",
      `import type { C } from "../cache/contract.ts";`,
      /Room "app" may not import room "cache"/,
    ],
    ["the same at run time", "src/app/a.ts", `await import("../auth/mod.ts");`, /Room "app" may not import room "auth"/],
    ["the same handed on", "src/log/a.ts", `export * from "../telemetry/mod.ts";`, /Room "log" may not import room "telemetry"/],
    [
      "the same from a folder inside",
      "src/http/node/a.ts",
      `import "../../app/mod.ts";`,
      /Room "http" may not import room "app"/,
    ],
    [
      "a file behind another room's door",
      "src/log/a.ts",
      `import "../core/clock.ts";`,
      /Only mod\.ts and contract\.ts .* not clock\.ts/,
    ],
    ["a nested contract of another room", "src/app/a.ts", `import "../http/node/contract.ts";`, /Only mod\.ts and contract\.ts/],
    ["a room's own door", "src/log/a.ts", `import { x } from "./mod.ts";`, /sibling file/],
    ["a room's own door from a folder inside", "src/http/node/a.ts", `import { x } from "../mod.ts";`, /sibling file/],
    ["a file outside src", "src/log/a.ts", `import "../../tools/test.ts";`, /outside src/],
    ["a room missing in the table", "src/misc/a.ts", "", /^src\/misc\/a\.ts:1 .*in no room/],
    ["a file in no room", "src/a.ts", "", /in no room/],
    ["HTTP of Node elsewhere", "src/client/a.ts", `import http from "node:http";`, /only in src\/http\/node\//],
    ["HTTPS of Node elsewhere", "src/http/a.ts", `import type { A } from "node:https";`, /only in src\/http\/node\//],
    ["HTTP/2 of Node elsewhere", "src/app/a.ts", `process.getBuiltinModule("node:http2");`, /only in src\/http\/node\//],
    ["worker threads elsewhere", "src/log/sink.ts", `import "node:worker_threads";`, /only in a file named for it/],
    [
      "the environment by import",
      "src/log/a.ts",
      `import { env } from "node:process";`,
      /only in src\/config\/process-environment/,
    ],
    [
      "the environment",
      "src/log/a.ts",
      `\n\nconst level = process.env["LOG_LEVEL"];`,
      /^src\/log\/a\.ts:3 The environment is read only/,
    ],
    ["the environment through globalThis", "src/log/a.ts", `globalThis.process.env.X;`, /environment is read only/],
    ["the environment taken apart", "src/log/a.ts", `const { pid, env } = process;`, /environment is read only/],
    ["the environment by a text", "src/log/a.ts", `const a = process["env"];`, /environment is read only/],
    ["a builtin without its prefix", "src/log/a.ts", `import "http";`, /Write "node:http"/],
    [
      "a package that is not allowed",
      "src/http/a.ts",
      `import { z } from "zod/mini";`,
      /Room "http" may not import the package "zod"/,
    ],
    ["a scoped package that is not allowed", "src/core/a.ts", `import "@scope/name/file";`, /the package "@scope\/name"/],
    ["the package itself", "src/log/a.ts", `import "plinth/core";`, /does not import itself. Import "..\/core\/mod.ts"/],
    ["the tests' names", "src/log/a.ts", `import "#src/core/clock";`, /is for tests/],
    ["an app's reach into src", "apps/shop/a.ts", `import "../../src/core/mod.ts";`, /may not reach outside its folder/],
    ["an app's reach into another app", "apps/shop/a.ts", `import "../blog/a.ts";`, /may not reach outside its folder/],
    ["an app's import of an inner file", "apps/shop/a.ts", `import "plinth/http/node";`, /is no room/],
    ["an app's import of a room that is none", "apps/shop/a.ts", `import "plinth/magic";`, /is no room/],
    ["an app's import of a foreign package", "apps/shop/a.ts", `import "pino";`, /An app may import only/],
  ];
  for (const [name, path, source, message] of planted) {
    test(`refuse ${name}`, () => {
      const faults = faultsOf({ [path]: source });
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0] as string, message);
    });
  }

  test("refuse a cycle of types and print its path", () => {
    const faults = faultsOf({
      "src/log/a.ts": `import type { B } from "./b.ts";`,
      "src/log/b.ts": `export { c } from "./c.ts";`,
      "src/log/c.ts": `\nawait import("./a.ts");`,
      "src/log/d.ts": `import "./a.ts";`,
    });
    assert.deepEqual(faults, [
      "src/log/c.ts:2 Import cycle: src/log/a.ts -> src/log/b.ts -> src/log/c.ts -> src/log/a.ts. Move what both need into a file of its own.",
    ]);
  });

  test("refuse a file that imports itself", () => {
    assert.match(faultsOf({ "src/log/a.ts": `import "./a.ts";` }).join(), /Import cycle: src\/log\/a\.ts -> src\/log\/a\.ts/);
  });

  test("see no cycle where two ways lead to one file", () => {
    const faults = faultsOf({
      "src/log/a.ts": `import "./b.ts"; import "./c.ts";`,
      "src/log/b.ts": `import "./d.ts";`,
      "src/log/c.ts": `import "./d.ts";`,
      "src/log/d.ts": "",
    });
    assert.deepEqual(faults, []);
  });

  test("of the table itself form no cycle", () => {
    const below = (room: string, path: readonly string[]): void => {
      assert.ok(!path.includes(room), [...path, room].join(" -> "));
      for (const next of IMPORT_TABLE[room]?.rooms ?? []) below(next, [...path, room]);
    };
    for (const room of Object.keys(IMPORT_TABLE)) below(room, []);
  });
});

describe("the printed table", () => {
  const DOCUMENT =
    "# House\n\n<!-- import table: printed by tools/boundaries.ts -->\nold\n<!-- end of import table -->\n\nafter\n";

  test("must be current, and is when written", () => {
    using tree = plantTree({ "docs/architecture.md": DOCUMENT });
    assert.match(checkBoundaries(tree.root, false)[0]?.message ?? "", /out of date/);
    assert.deepEqual(checkBoundaries(tree.root, true), []);
    assert.deepEqual(checkBoundaries(tree.root, false), []);
    const written = readFileSync(join(tree.root, "docs/architecture.md"), "utf8");
    assert.ok(written.includes(printTable()) && written.startsWith("# House\n") && written.endsWith("\n\nafter\n"));
  });

  test("must have its markers", () => {
    using tree = plantTree({ "docs/architecture.md": "# House" });
    assert.match(checkBoundaries(tree.root, true)[0]?.message ?? "", /markers .* are missing/);
  });

  test("has a row for every room", () => {
    for (const room of Object.keys(IMPORT_TABLE)) assert.match(printTable(), new RegExp(`^\\| ${room} \\|`, "m"));
  });
});
