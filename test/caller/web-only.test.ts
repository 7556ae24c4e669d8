import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const VALUE_IMPORT = /^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"/gm;

/** Every module that is loaded with one, by imports of values; types are gone by then. */
function reachable(file: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  for (const [statement, specifier = ""] of readFileSync(file, "utf8").matchAll(VALUE_IMPORT)) {
    if (/\{\s*(?:type\s+\w+,?\s*)+\}/.test(statement)) continue;
    assert.match(specifier, /^\./, `${file.href} imports ${specifier}`);
    reachable(new URL(specifier, file), seen);
  }
  return seen;
}

test("the caller loads no module of Node, nor anything of the server's", () => {
  const source = new URL("../../src/", import.meta.url).href;
  const files = [...reachable(new URL("../../src/caller/mod.ts", import.meta.url))]
    .map((href) => href.slice(source.length))
    .sort();
  assert.deepEqual(
    files.filter((file) => !file.startsWith("caller/")),
    ["core/duration.ts", "core/error.ts", "core/errors.ts", "core/size.ts"],
  );
  for (const file of files) {
    const code = readFileSync(new URL(file, source), "utf8").replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(code, /(?<![\w.])(?:process|Buffer)\.\w|(?<![\w.])require\(/, file);
  }
});
