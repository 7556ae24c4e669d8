import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Fields, FieldsFault, parseFields } from "#src/http/validation/form";

function read(text: string): Fields {
  const fields = parseFields(text);
  assert.ok(!(fields instanceof FieldsFault), JSON.stringify(fields));
  return fields;
}
const plain = (text: string): unknown => ({ ...read(text) });

describe("encoded fields", () => {
  it("are names and values", () => {
    assert.deepEqual(plain("a=1&b=2"), { a: "1", b: "2" });
    assert.deepEqual(plain(""), {});
    assert.deepEqual(plain("a"), { a: "" });
    assert.deepEqual(plain("a="), { a: "" });
    assert.deepEqual(plain("=a"), { "": "a" });
    assert.deepEqual(plain("a=b=c"), { a: "b=c" });
    assert.deepEqual(plain("a&b=1&c"), { a: "", b: "1", c: "" });
    assert.deepEqual(plain("&&a=1&&"), { a: "1" });
  });

  it("become a list where a name is repeated", () => {
    assert.deepEqual(plain("a=1&a=2&b=3&a=4"), { a: ["1", "2", "4"], b: "3" });
  });

  it("are decoded once, plus signs as spaces", () => {
    assert.deepEqual(plain("a+b=c+d%2B&%C3%A9=%2541"), { "a b": "c d+", é: "%41" });
  });

  it("are a fault when an escape is none", () => {
    for (const text of ["a=%", "%=a", "a=%zz", "a=%ff", "a=%C3", "%C0%AF=1", "a=1&b=%e2%82"]) {
      assert.match((parseFields(text) as FieldsFault).reason ?? "", /percent sign/, text);
    }
  });

  it("have names without meaning: no nesting, no brackets (CVE-2025-15284)", () => {
    assert.deepEqual(plain("a[b][c]=1&d[]=2&e.f=3&g[999999999]=4"), {
      "a[b][c]": "1",
      "d[]": "2",
      "e.f": "3",
      "g[999999999]": "4",
    });
  });

  it("CVE-2026-25754: inherit nothing and poison nothing", () => {
    const fields = read("__proto__=1&__proto__[x]=2&constructor=3&toString=4&__proto__=5");
    assert.equal(Object.getPrototypeOf(fields), null);
    assert.deepEqual(fields["__proto__"], ["1", "5"]);
    assert.equal(fields["constructor"], "3");
    assert.equal(read("a=1")["valueOf"], undefined);
    assert.equal(({} as { x?: unknown }).x, undefined);
  });

  it("agree with URLSearchParams on everything that is well formed", () => {
    const field = fc.tuple(fc.string({ unit: "grapheme", maxLength: 5 }), fc.string({ unit: "grapheme", maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 10 }), (pairs) => {
        const params = new URLSearchParams(pairs);
        const fields = read(params.toString());
        for (const name of params.keys()) {
          const values = params.getAll(name);
          assert.deepEqual(fields[name], values.length === 1 ? values[0] : values);
        }
        assert.equal(Object.keys(fields).length, new Set(params.keys()).size);
      }),
    );
  });

  it("are 1,000 at most", () => {
    assert.equal((read("a=&".repeat(1_000))["a"] as string[]).length, 1_000);
    assert.match((parseFields("a=&".repeat(1_001)) as FieldsFault).reason, /more than 1000/);
    assert.equal(Object.keys(read("&".repeat(5_000))).length, 0, "empty ones do not count");
  });

  it("CVE-2025-13466: a megabyte of any fields costs less than 20 ms", () => {
    const texts = [
      "a[]=&".repeat(209_715),
      "a&".repeat(524_288),
      "a".repeat(1_048_576),
      "=".repeat(1_048_576),
      "%41".repeat(349_525),
      `${"a&".repeat(999)}${"b".repeat(1_046_000)}`,
    ];
    for (const text of texts) {
      parseFields(text.slice(0, 10_000)); // warm
      const before = process.cpuUsage();
      const fields = parseFields(text);
      const spent = process.cpuUsage(before);
      assert.ok(fields !== undefined);
      assert.ok((spent.user + spent.system) / 1_000 < 20, `${text.slice(0, 8)}…: ${(spent.user + spent.system) / 1_000} ms`);
    }
  });
});
