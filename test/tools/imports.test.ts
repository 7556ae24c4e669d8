import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { describe, test } from "node:test";
import fc from "fast-check";
import { findImports, maskSource } from "../../tools/imports.ts";

const names = (source: string): string[] => findImports(source).map((found) => found.specifier);

describe("finding imports", () => {
  const spellings: readonly (readonly [string, string])[] = [
    ["a value", `import { a, b as c } from "./x.ts";`],
    ["a type", `import type { A } from "./x.ts";`],
    ["a default and more, over lines", `import a, {\n  type B,\n  c,\n} from "./x.ts";`],
    ["a whole module", `import * as a from './x.ts'`],
    ["only effects", `import "./x.ts";`],
    ["no blanks at all", `import{a}from"./x.ts";`],
    ["a name handed on", `export { a } from "./x.ts";`],
    ["everything handed on", `export * as a from "./x.ts"; `],
    ["a type handed on", `export type { A } from "./x.ts";`],
    ["at run time", `const a = await import("./x.ts");`],
    ["at run time, with a comment and a line end", `const a = await import(/* lazy */\n  "./x.ts"\n);`],
    ["at run time, as a template", "const a = await import(`./x.ts`);"],
    ["a type by import()", `type A = import("./x.ts").A;`],
    ["a resolved address", `const a = import.meta.resolve("./x.ts");`],
    ["require", `const a = require("./x.ts");`],
    ["process.getBuiltinModule", `const a = process.getBuiltinModule("./x.ts");`],
    ["inside a template's expression", 'const a = `${`${await import("./x.ts")}`} text`;'],
    ["after an expression with quotes and slashes", `const a = /["'/*]\\/[/"]/g; import("./x.ts");`],
    ["after a division", `const a = b / c; const d = (e) / 2; import("./x.ts"); const f = g[1] / 2; // /`],
    ["after an address in a text", `const a = "http://x"; import("./x.ts");`],
    ["after a template with a brace", "const a = `${{ b: 1 }.b} {`; import('./x.ts');"],
  ];
  for (const [name, source] of spellings) {
    test(`sees ${name}`, () => assert.deepEqual(names(source), ["./x.ts"]));
  }

  const harmless: readonly (readonly [string, string])[] = [
    ["a line comment", `// import "./x.ts";`],
    ["a block comment", `/* import "./x.ts";\n * export * from "./x.ts" */`],
    ["a text", `const a = 'import "./x.ts"';`],
    ["a template", 'const a = `import "./x.ts"`;'],
    ["a regular expression", `const a = /import "x"/;`],
    ["a method named from", `const a = Array.from("text");`],
    ["a property named import", `const a = { import: "./x.ts", from: "there" }; a.import("./y.ts");`],
  ];
  for (const [name, source] of harmless) {
    test(`does not mistake ${name} for one`, () => assert.deepEqual(names(source), []));
  }

  test("tells the line of each", () => {
    const source = `/*\n\n*/ import "a";\nconst text = \`\n\`;\nexport * from\n  "b";`;
    assert.deepEqual(findImports(source), [
      { specifier: "a", line: 3 },
      { specifier: "b", line: 7 },
    ]);
  });

  test("masking keeps length and lines of any text, and always ends", () => {
    const pieces = fc.constantFrom(`"`, "'", "`", "/", "*", "\\", "${", "}", "{", "\n", "a", " ", "(", ")", "[", "]");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const source = parts.join("");
        const masked = maskSource(source);
        assert.equal(masked.length, source.length);
        assert.equal(masked.split("\n").length, source.split("\n").length);
      }),
    );
  });

  test("masked sources of this repository are still programs", () => {
    const files = globSync("{src,tools}/**/*.ts");
    assert.ok(files.length > 10);
    for (const file of files) {
      const source = readFileSync(file, "utf8");
      // A template's `${` … `}` stays code, so what is masked parses; this fails if a quote or a brace was taken for another.
      assert.doesNotThrow(() => stripTypeScriptTypes(maskSource(source)), file);
    }
  });
});
