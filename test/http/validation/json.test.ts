import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isPlinthError } from "#src/core/mod";
import { parseJson } from "#src/http/validation/json";

const parse = (text: string): unknown => parseJson(Buffer.from(text));

/** The reason of the refusal; fails when the body is taken. */
function refusal(body: string | Buffer): string {
  try {
    parseJson(Buffer.from(body as string));
  } catch (thrown) {
    assert.ok(isPlinthError(thrown, "E_HTTP_BODY_MALFORMED"), String(thrown));
    assert.equal(thrown.status, 400);
    return thrown.message;
  }
  return assert.fail("the body was taken");
}

/** CPU milliseconds, so that a busy machine does not matter. */
function cpu(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const spent = process.cpuUsage(before);
  return (spent.user + spent.system) / 1_000;
}

describe("a JSON body", () => {
  it("is parsed as JSON.parse does it", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3, stringUnit: "grapheme" }), (text) => {
        if (text.includes("__proto__")) return;
        assert.deepEqual(parse(text), JSON.parse(text));
      }),
      { numRuns: 50 },
    );
  });

  it("may be a lone value, with blanks around it", () => {
    assert.deepEqual(["null", " 1 ", '\n"a"\t', "[]", "true"].map(parse), [null, 1, "a", [], true]);
  });

  it("is refused when it is no JSON", () => {
    for (const text of ["", " ", "{", "[1,]", "{'a':1}", "NaN", "undefined", '{"a":1}x', "\u0000", "//", '"\n"', "[1 2]"]) {
      assert.equal(refusal(text), "The body is not valid JSON.", text);
    }
  });

  it("is refused when it is not UTF-8, or begins with a byte order mark", () => {
    const broken = [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0xaf, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0xff, 0xfe, 0x31, 0x00],
      [0x22, 0xc3, 0x22],
    ];
    for (const bytes of broken) assert.equal(refusal(Buffer.from(bytes)), "The body is not valid UTF-8.", bytes.join());
    assert.equal(refusal("\ufeff{}"), "The body is not valid JSON.");
  });

  it("is nested 64 levels at most, whatever it is nested of", () => {
    const nest = (depth: number, open: string, close: string): string => open.repeat(depth) + "1" + close.repeat(depth);
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
      ['[{"a":', "}]"],
    ] as const) {
      const levels = (open.match(/[[{]/g) ?? []).length;
      assert.ok(parse(nest(64 / levels, open, close)));
      assert.match(refusal(nest(64 / levels + 1, open, close)), /deeper than 64/);
    }
    assert.ok(parse(`[${"[],".repeat(5_000)}[]]`), "siblings are no depth");
    assert.ok(parse(JSON.stringify({ text: "[{".repeat(500), '[["': '\\"[[[' })), "text is no structure");
  });

  it("CVE-2025-59466: a megabyte of opening brackets costs milliseconds and no stack", () => {
    for (const body of ["[".repeat(1_048_576), '{"a":'.repeat(209_715), '[{"":'.repeat(209_715)]) {
      const spent = cpu(() => assert.match(refusal(body), /deeper than 64/));
      assert.ok(spent < 50, `${spent} ms`);
    }
  });

  it("has 2,000 keys in one object at most, counted for each object", () => {
    const keys = (count: number): string => Array.from({ length: count }, (_, index) => `"k${index}":${index}`).join();
    assert.equal(Object.keys(parse(`{${keys(2_000)}}`) as object).length, 2_000);
    assert.match(refusal(`{${keys(2_001)}}`), /more than 2000 keys/);
    assert.match(refusal(`[{"a":{${keys(2_001)}}}]`), /more than 2000 keys/);
    assert.equal((parse(`[${Array.from({ length: 5 }, () => `{${keys(1_500)}}`).join()}]`) as unknown[]).length, 5);
    assert.match(refusal(`{"x":{},${keys(2_000)}}`), /more than 2000 keys/, "an object inside does not start the count anew");
    assert.match(refusal(`{${'"same":1,'.repeat(2_000)}"same":1}`), /more than 2000 keys/);
    assert.ok(parse(JSON.stringify({ text: ":".repeat(5_000) })), "text has no keys");
  });

  it("CVE-2026-21717: 100,000 colliding keys cost less than 50 ms", () => {
    const integerLike = `{${Array.from({ length: 100_000 }, (_, index) => `"${index * 4_096}":0`).join()}}`;
    const spent = cpu(() => assert.match(refusal(integerLike), /more than 2000 keys/));
    assert.ok(spent < 50, `${spent} ms`);
  });

  const poison = [
    '{"__proto__":{}}',
    '{"__proto__":null}',
    '{"__proto__":1}',
    '{"a":[{"b":{"__proto__":{"isAdmin":true}}}]}',
    '{"\\u005f\\u005fproto\\u005f\\u005f":{}}',
    '{"\\u005F_proto__":{}}',
    '{"__pr\\u006fto__":{}}',
    '{"__proto_\\u005f":{}}',
    '[[[{"a":1,"__proto__":[]}]]]',
    '{"constructor":{"prototype":{"isAdmin":true}}}',
    '{"a":{"c\\u006fnstructor":{"prototype":{}}}}',
    '{"constructor":{"pr\\u006ftotype":1}}',
    '{"constructor":1,"b":{"constructor" : {"prototype":{}}}}',
    '{"constructor"\n:\t{"prototype":{}}}',
  ];
  it("CVE-2026-21440: has no key that poisons a prototype, however it is spelled", () => {
    for (const text of poison) assert.match(refusal(text), /has a key "(__proto__|constructor)"/, text);
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
  });

  it("may have these words as text, and a constructor that is only a field", () => {
    for (const value of [
      { a: "__proto__" },
      { a: '"__proto__":' },
      { constructor: "Lada" },
      { constructor: { name: "x" } },
      { prototype: {} },
      ["é", "\\u005f"],
    ]) {
      assert.deepEqual(parse(JSON.stringify(value)), value);
    }
    assert.deepEqual(parse('{"\\u0061":"\\u00e9"}'), { a: "é" });
  });

  it("never gets past the check for poison in any spelling of its letters", () => {
    const spelled = fc
      .tuple(
        ..."__proto__"
          .split("")
          .map((letter) =>
            fc.constantFrom(
              letter,
              `\\u00${letter.charCodeAt(0).toString(16)}`,
              `\\u00${letter.charCodeAt(0).toString(16).toUpperCase()}`,
            ),
          ),
      )
      .map((letters) => letters.join(""));
    fc.assert(
      fc.property(spelled, fc.json({ maxDepth: 2 }), (key, value) => {
        assert.match(refusal(`[{"x":{"${key}":${value.replaceAll("__proto__", "proto")}}}]`), /__proto__/);
      }),
    );
  });
});
