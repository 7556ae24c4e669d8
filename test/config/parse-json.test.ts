import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseJson } from "#src/config/parse-json";

function rootOf(text: string): unknown {
  const parsed = parseJson(text);
  assert.ok("root" in parsed, JSON.stringify(parsed));
  return parsed.root;
}

describe("parseJson", () => {
  test("agrees with JSON.parse on every JSON text", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        assert.deepEqual(JSON.stringify(rootOf(text)), JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test("agrees with JSON.parse on what is no JSON", () => {
    const fragment = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      "1",
      "-",
      "01",
      "1.",
      ".5",
      "1e5",
      "true",
      "nul",
      '"',
      "\\",
      "\u0001",
      "+1",
      "x",
      " ",
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        assert.equal("root" in parseJson(text), valid, text);
      }),
      { numRuns: 2_000 },
    );
  });

  test("knows where every key stands", () => {
    const text = '{\n  "a": {\n    "b": [1]\n  },\n  "c": 2\n}';
    const parsed = parseJson(text);
    assert.ok("root" in parsed);
    assert.equal(parsed.offsetOf(["a", "b"]), text.indexOf('"b"'));
    assert.equal(parsed.offsetOf(["c"]), text.indexOf('"c"'));
    assert.equal(parsed.offsetOf(["missing"]), undefined);
    assert.equal(parsed.offsetOf([]), undefined);
  });

  const broken: readonly (readonly [string, string, number, number])[] = [
    ["a value that is none", '{"a": hunter2}', 1, 7],
    ["a missing comma", '{\n"a": 1\n"b": 2}', 3, 1],
    ["a comma too many", '{"a": 1,}', 1, 9],
    ["a repeated key", '{"a": 1,\n "a": 2}', 2, 2],
    ["a comment", "{ // no\n}", 1, 3],
    ["an open end", '{"a": [1', 1, 9],
    ["something after the end", "{} {}", 1, 3],
    ["no text at all", "", 1, 1],
    ["a single quote", "{'a': 1}", 1, 2],
  ];
  for (const [what, text, line, column] of broken) {
    test(`says where ${what} is, without quoting the text`, () => {
      assert.deepEqual(parseJson(text), { malformed: "is not valid JSON", line, column });
    });
  }

  test("reads 32 levels and stops at the next, long before the stack ends", () => {
    assert.ok("root" in parseJson("[".repeat(32) + "]".repeat(32)));
    assert.deepEqual(parseJson("[".repeat(34) + "]".repeat(34)), { malformed: "is not valid JSON", line: 1, column: 34 });
  });

  test("refuses a hundred thousand brackets at once", () => {
    assert.ok("malformed" in parseJson("[".repeat(100_000)));
    assert.ok("malformed" in parseJson('{"a":'.repeat(100_000)));
  });

  test("keeps a prototype key as a plain key of its own, for the caller to refuse", () => {
    const root = rootOf('{"__proto__": {"polluted": true}}') as object;
    assert.deepEqual(Object.keys(root), ["__proto__"]);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  test("reads a long string", () => {
    const long = "\\n\\u0041x".repeat(20_000);
    assert.equal((rootOf(`["${long}"]`) as string[])[0]?.length, 60_000);
  });
});
