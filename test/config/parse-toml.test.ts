import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseToml } from "#src/config/parse-toml";

describe("parseToml", () => {
  test("reads a document", async () => {
    const parsed = await parseToml('port = 1\n[uploads]\nmaxSize = "1gb"\n');
    assert.ok("root" in parsed);
    assert.equal(JSON.stringify(parsed.root), '{"port":1,"uploads":{"maxSize":"1gb"}}');
    assert.equal(parsed.offsetOf(["port"]), undefined);
  });

  for (const [what, text, line, column] of [
    ["a bare word", "a = 1\nb = hunter2", 2, 5],
    ["a repeated key", "a = 1\na = 2", 2, 1],
    ["an integer that a double cannot hold", "a = 9007199254740993", 1, 5],
    ["a flood of brackets", `a = ${"[".repeat(100_000)}`, undefined, undefined],
  ] as const) {
    test(`refuses ${what} without quoting the text`, async () => {
      const parsed = await parseToml(text);
      assert.ok("malformed" in parsed);
      assert.equal(parsed.malformed, "is not valid TOML");
      if (line !== undefined) assert.deepEqual([parsed.line, parsed.column], [line, column]);
    });
  }

  test("keeps a prototype key as a plain key of its own, for the caller to refuse", async () => {
    const parsed = await parseToml("[__proto__]\npolluted = true");
    assert.ok("root" in parsed);
    assert.deepEqual(Object.keys(parsed.root as object), ["__proto__"]);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});
