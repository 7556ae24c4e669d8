import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseYaml } from "#src/config/parse-yaml";

describe("parseYaml", () => {
  test("reads a document and knows where keys stand", async () => {
    const text = "port: 1\nuploads: # big\n  maxSize: 1gb\n  list: [a, 2, true, null]\n";
    const parsed = await parseYaml(text);
    assert.ok("root" in parsed);
    assert.deepEqual(parsed.root, { port: 1, uploads: { maxSize: "1gb", list: ["a", 2, true, null] } });
    assert.equal(parsed.offsetOf(["uploads", "maxSize"]), text.indexOf("maxSize"));
    assert.equal(parsed.offsetOf(["missing"]), undefined);
  });

  test("takes anchors and aliases, placed where the alias stands", async () => {
    const text = "a: &a\n  b: 1\nc: *a\n";
    const parsed = await parseYaml(text);
    assert.ok("root" in parsed);
    assert.deepEqual(parsed.root, { a: { b: 1 }, c: { b: 1 } });
    assert.equal(parsed.offsetOf(["c", "b"]), text.indexOf("c:"));
  });

  test("merges nothing: a merge key is a key like any other", async () => {
    const parsed = await parseYaml("a: &a {x: 1}\nb:\n  <<: *a\n");
    assert.ok("root" in parsed);
    assert.deepEqual(parsed.root, { a: { x: 1 }, b: { "<<": { x: 1 } } });
  });

  const broken: readonly (readonly [string, string, string, number, number])[] = [
    ["a repeated key", "a: 1\na: hunter2", "duplicate key", 2, 1],
    ["an open list", "a: [1,\nb: 2", "bad indent", 2, 1],
    ["a tag", "a: !!js/function 'hunter2'", "tag resolve failed", 1, 4],
    ["two documents", "a: 1\n---\nb: 2", "multiple docs", 2, 1],
    ["a tab as indentation", "a:\n\tb: 1", "tab as indent", 2, 1],
  ];
  for (const [what, text, reason, line, column] of broken) {
    test(`refuses ${what} and says where, without quoting the text`, async () => {
      const parsed = await parseYaml(text);
      assert.ok("malformed" in parsed);
      assert.equal(parsed.malformed, `is not valid YAML (${reason})`);
      assert.deepEqual([parsed.line, parsed.column], [line, column]);
    });
  }

  test("refuses aliases that multiply", async () => {
    const levels = "bcdefghi"
      .split("")
      .map((name, level) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[level]}`).join(",")}]`);
    const parsed = await parseYaml(`a: &a [x,x,x,x,x,x,x,x,x]\n${levels.join("\n")}\n`);
    assert.deepEqual(parsed, { malformed: "is YAML whose aliases are unknown or expand too far" });
  });

  test("refuses an alias of nothing", async () => {
    assert.deepEqual(await parseYaml("a: *hunter2"), { malformed: "is YAML whose aliases are unknown or expand too far" });
  });

  for (const opening of ["[", "{a: ", "- "]) {
    test(`outlives a flood of "${opening}"`, async () => {
      assert.ok("malformed" in (await parseYaml(opening.repeat(20_000))));
    });
  }

  test("prints no warning, which would quote the text", async (t) => {
    const warn = t.mock.method(process, "emitWarning", () => undefined);
    await parseYaml("? {hunter2: 1}\n: 2\n");
    await parseYaml("a: !hunter2 1");
    assert.equal(warn.mock.callCount(), 0);
  });
});
