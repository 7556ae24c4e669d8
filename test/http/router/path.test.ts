import assert from "node:assert/strict";
import { test } from "node:test";
import { type PathTemplate, parsePath } from "#src/http/router/path";

function parse(text: string): PathTemplate {
  const template = parsePath(text);
  if (typeof template === "string") assert.fail(template);
  return template;
}

test("tells paths with parameters from those without", () => {
  assert.deepEqual(parse("/"), { text: "/", isStatic: true, parameters: [], shape: "/" });
  assert.deepEqual(parse("/a-b/c.d~"), { text: "/a-b/c.d~", isStatic: true, parameters: [], shape: "/a-b/c.d~" });
  assert.deepEqual(parse("/orders/:id").parameters, ["id"]);
  assert.equal(parse("/orders/:id").isStatic, false);
  assert.deepEqual(parse("/files/:owner/*").parameters, ["owner", "*"]);
});

test("gives one shape to paths that differ in parameter names alone", () => {
  assert.equal(parse("/a/:x/b/:y").shape, parse("/a/:left/b/:right").shape);
  assert.notEqual(parse("/a/:x").shape, parse("/a/x").shape);
  assert.notEqual(parse("/a/:x").shape, parse("/a/:x/").shape);
  assert.notEqual(parse(String.raw`/a/:x(\d+)`).shape, parse("/a/:x").shape);
  assert.notEqual(parse(String.raw`/a/:x(\d+)`).shape, parse(String.raw`/a/:x(\w+)`).shape);
});

test("takes expressions, with slashes, escapes and groups that do not capture", () => {
  for (const expression of [
    String.raw`(\d+)`,
    "([^/]+)",
    "(a|b)",
    "(?:x)".replace("(?:x)", "((?:ab)+)"),
    String.raw`(\(\))`,
    "((?=a)a)",
    "((?!b)a)",
  ]) {
    assert.deepEqual(parse(`/x/:id${expression}/y`).parameters, ["id"], expression);
  }
});

const faulty: Readonly<Record<string, readonly string[]>> = {
  "no slash at the start": ["", "orders", ":id", "*"],
  "an empty segment": ["//", "/a//b", "//a"],
  "a wildcard that is not the last segment": ["/*/a", "/a/*/"],
  "a wildcard beside text": ["/a*", "/*a", "/**"],
  "two parameters in one segment (CVE-2024-45813)": [
    "/:a-:b",
    "/:a:b",
    "/:a.:b",
    String.raw`/:a(\d+):b(\d+)`,
    String.raw`/:a(\d+)-:b(\d+)`,
  ],
  "text beside a parameter": ["/a:b", "/:a-b", "/:a.json", String.raw`/:a(\d+)b`],
  "an optional parameter (CVE-2026-4926)": ["/:a?", String.raw`/:a(\d+)?`],
  "a group that captures": ["/:a((b)c)", "/:a((?<name>b))", "/:a(b|(c))"],
  "parentheses that do not match": ["/:a(b", "/:a(b))", "/:a()", String.raw`/:a(b\)`, "/:a([(]x)"],
  "a parameter name that is none": ["/:", "/:1a", "/:a b", "/:é"],
  "the same parameter twice": ["/:a/b/:a"],
  "dot segments": ["/.", "/..", "/a/../b", "/a/./b"],
  "characters that need escaping": ["/a b", "/é", "/a%20b", "/a?b", "/a#b", "/a\\b", "/a\u0000", '/"', "/{id}", "/[id]", "/a\n"],
};
for (const [what, texts] of Object.entries(faulty)) {
  test(`refuses ${what}`, () => {
    for (const text of texts) assert.equal(typeof parsePath(text), "string", text);
  });
}

test("says which segment is wrong", () => {
  assert.match(parsePath("/orders/a b") as string, /"a b"/);
  assert.match(parsePath("/:id/x/:id") as string, /"id" appears twice/);
  assert.match(parsePath("/:id((a)b)") as string, /":id".*\(\?:/);
});
