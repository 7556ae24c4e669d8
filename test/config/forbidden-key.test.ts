import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findForbiddenKey } from "#src/config/forbidden-key";

describe("findForbiddenKey", () => {
  for (const key of ["__proto__", "constructor", "prototype"]) {
    test(`finds ${key} at any depth`, () => {
      const tree: unknown = JSON.parse(`{"a":[{"b":{"${key}":1}}]}`);
      assert.equal(findForbiddenKey(tree), `the key "${key}"`);
    });
  }

  test("finds nothing in ordinary trees", () => {
    assert.equal(findForbiddenKey({ a: [1, { b: null }], c: "__proto__" }), undefined);
    assert.equal(findForbiddenKey("constructor"), undefined);
  });

  test("refuses nesting beyond 32 levels, and allows 32", () => {
    const nest = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
    assert.equal(findForbiddenKey(nest(32)), undefined);
    assert.match(String(findForbiddenKey(nest(33))), /nesting/);
    assert.match(String(findForbiddenKey(nest(100_000))), /nesting/);
  });

  test("ends on trees that share branches or contain themselves", () => {
    let shared: unknown = ["x"];
    for (let level = 0; level < 30; level++) shared = [shared, shared];
    assert.equal(findForbiddenKey(shared), undefined);
    const circle: unknown[] = [];
    circle.push(circle);
    assert.equal(findForbiddenKey(circle), undefined);
  });
});
