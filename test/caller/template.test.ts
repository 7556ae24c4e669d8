import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fillTemplate } from "#src/caller/template";
import { Router } from "#src/http/router/router";
import { isPlinthError } from "#src/core/mod";

/** A segment of a template, and a value that it takes. */
const literal = fc.constantFrom("a", "files", "v1.2", "x-y_z", "@me", "a+b").map((text) => ({ text, value: undefined }));
const CHARACTERS = Array.from("ab/.%\\?#:*()+ ü€😀\u0000\n\r\t;=&~'!");
const anyText = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...CHARACTERS) });
const parameter = anyText.map((value) => ({ text: ":", value }));
const digits = fc.nat().map((number) => ({ text: String.raw`:(\d+)`, value: String(number) }));
const nested = fc.constantFrom("ab", "abab", "c").map((value) => ({ text: ":((?:ab)+|c)", value }));
const wildcard = anyText.map((value) => ({ text: "*", value }));

type Part = { readonly text: string; readonly value: string | undefined };

function assemble(parts: readonly Part[]): { readonly template: string; readonly params: Record<string, string> } {
  const params: Record<string, string> = {};
  const segments = parts.map(({ text, value }, index) => {
    if (value === undefined) return text;
    const name = text === "*" ? "*" : `p${index}`;
    params[name] = value;
    return text === "*" ? text : `:${name}${text.slice(1)}`;
  });
  return { template: `/${segments.join("/")}`, params };
}

const route = fc
  .tuple(fc.array(fc.oneof(literal, parameter, digits, nested), { maxLength: 4 }), fc.option(wildcard))
  .map(([parts, last]) => assemble(last === null ? parts : [...parts, last]));

const isUnsendable = (params: Readonly<Record<string, string>>): boolean =>
  params["*"]?.startsWith("/") === true ||
  Object.entries(params).some(([name, value]) =>
    (name === "*" ? value.split("/") : [value]).some((segment) => segment === "." || segment === ".."),
  );

describe("a template filled in", () => {
  test("leads back to its route with the same values, whatever they are, also through a URL", () => {
    let sent = 0;
    fc.assert(
      fc.property(route, ({ template, params }) => {
        if (isUnsendable(params)) {
          assert.throws(() => fillTemplate(template, params), { code: "E_CALLER_PARAM_INVALID" });
          return;
        }
        const router = new Router<object>();
        const target = {};
        router.add("GET", template, target);
        const path = fillTemplate(template, params);
        assert.equal(new URL(path, "http://localhost").pathname, path, "a URL leaves the path as it is");
        const found = router.find("GET", path);
        assert.ok(typeof found === "object", path);
        assert.equal(found.target, target);
        assert.deepEqual({ ...found.params }, params);
        sent++;
      }),
      { numRuns: 2_000 },
    );
    assert.ok(sent > 1_000);
  });

  test("keeps every value in its segment", () => {
    const fill = (value: string | number): string => fillTemplate("/a/:id/b", { id: value });
    assert.equal(fill("../../etc"), "/a/..%2F..%2Fetc/b");
    assert.equal(fill("a/b?c#d"), "/a/a%2Fb%3Fc%23d/b");
    assert.equal(fill("%2e%2e"), "/a/%252e%252e/b");
    assert.equal(fill(7), "/a/7/b");
    assert.equal(fill("..."), "/a/.../b");
    assert.equal(fillTemplate("/files/*", { "*": "a b/c?d/e" }), "/files/a%20b/c%3Fd/e");
  });

  test("refuses what a URL cannot carry: nothing, dots, half a character", () => {
    for (const id of [undefined, null, ""]) {
      assert.throws(() => fillTemplate("/a/:id", { id }), { code: "E_CALLER_PARAM_MISSING", message: /"id"/ });
    }
    for (const id of [".", "..", "\ud800"]) {
      assert.throws(() => fillTemplate("/a/:id", { id }), { code: "E_CALLER_PARAM_INVALID" });
    }
    for (const rest of ["..", "a/../b", "./a", "a/.", "/evil.example", "//evil.example"]) {
      assert.throws(() => fillTemplate("/a/*", { "*": rest }), { code: "E_CALLER_PARAM_INVALID" }, rest);
    }
  });

  test("refuses a value that its expression does not match, however parentheses and slashes stand in it", () => {
    assert.throws(() => fillTemplate(String.raw`/a/:id(\d+)/b`, { id: "7x" }), {
      code: "E_CALLER_PARAM_INVALID",
      message: /\\d\+/,
    });
    assert.equal(fillTemplate("/a/:id([^/]+)/b", { id: 7 }), "/a/7/b");
    assert.equal(fillTemplate("/a/:id((?:a|(?=b)b)+)/:n", { id: "ab", n: "x" }), "/a/ab/x");
    assert.equal(fillTemplate(String.raw`/a/:id(\(\d\))/b`, { id: "(1)" }), "/a/(1)/b");
    assert.throws(() => fillTemplate("/a/:id((", { id: "x" }), { code: "E_CALLER_TEMPLATE_INVALID" });
  });

  test("takes no value that the prototype of every object has", () => {
    assert.throws(() => fillTemplate("/:constructor", {}), { code: "E_CALLER_PARAM_MISSING" });
  });

  test("begins with a slash, or is none: no path leads to another host", () => {
    for (const template of ["", "a", "//evil.example/", "http://evil.example/", "@evil.example/", "\\\\evil"]) {
      assert.throws(
        () => fillTemplate(template, {}),
        (thrown) => isPlinthError(thrown, "E_CALLER_TEMPLATE_INVALID"),
        template,
      );
    }
  });
});
