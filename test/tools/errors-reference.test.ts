import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkErrors } from "../../tools/errors-reference.ts";
import { plantTree } from "./support/tree.ts";

const PAGE = "docs/reference/errors.md";

/** A catalogue file as a room has it, with messages given as TypeScript expressions of `d`. */
const catalogue = (room: string, messages: Readonly<Record<string, string>>): string => `
  import { defineErrors } from ${JSON.stringify(import.meta.resolve("#src/core/error"))};
  export const errors = defineErrors(${JSON.stringify(room)}, {
    ${Object.entries(messages)
      .map(([reason, message]) => `${reason}: { status: 400, title: "Title | x", message: (d) => ${message} }`)
      .join(",\n")}
  });`;

describe("errors reference", () => {
  test("must be current, and is when written", async () => {
    using tree = plantTree({ "src/disk/errors.ts": catalogue("disk", { FULL: "`Disk ${d.disk} is full.`" }) });
    assert.deepEqual(await checkErrors(tree.root, false), [`${PAGE} is out of date. Run \`npm run docs\`.`]);
    assert.deepEqual(await checkErrors(tree.root, true), []);
    assert.deepEqual(await checkErrors(tree.root, false), []);
    const page = readFileSync(join(tree.root, PAGE), "utf8");
    assert.match(page, /^## disk$/m);
    assert.match(page, /^\| `E_DISK_FULL` \| 400 \| Title \\\| x \| Disk ‹disk› is full\. \|$/m);
  });

  test("prints messages that treat their values as texts, numbers, lists or objects", async () => {
    using tree = plantTree({
      "src/disk/errors.ts": catalogue("disk", {
        LIST: "d.names.map((name, index) => index + name.toUpperCase()).join(', ')",
        NUMBER: "`${d.size.toFixed(2)} of ${d.limit}`",
        DEEP: "`${d.disk.owner.name.slice(1).trim()} ${[...d.all].length}`",
        QUOTED: "JSON.stringify(d.value)",
        COUNT: "d.faults.length === 1 ? 'one <fault>' : 'many'",
      }),
    });
    await checkErrors(tree.root, true);
    const page = readFileSync(join(tree.root, PAGE), "utf8");
    for (const text of ["0‹names›", "‹size› of ‹limit›", "‹disk.owner.name› 1", `"‹value›"`, "one &lt;fault>"])
      assert.ok(page.includes(`| ${text} |`), text);
  });

  test("refuses a retired code", async () => {
    using tree = plantTree({
      "src/disk/errors.ts": catalogue("disk", { FULL: "''" }),
      "docs/reference/retired-errors.md": "| `E_DISK_FULL` | 0.2.0 | `E_DISK_QUOTA` |",
    });
    assert.match((await checkErrors(tree.root, true)).join(), /E_DISK_FULL: this code is retired/);
  });

  test("refuses a code that does not begin with its room's name", async () => {
    using tree = plantTree({ "src/disk/errors.ts": catalogue("store", { FULL: "''" }) });
    assert.match((await checkErrors(tree.root, true)).join(), /E_STORE_FULL: a code begins with its room's name/);
  });
});
