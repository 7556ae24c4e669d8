import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deepFreeze } from "#src/config/freeze";

describe("deepFreeze", () => {
  test("freezes objects and lists at every depth and returns the same value", () => {
    const value = { a: { b: [{ c: 1 }] }, n: Object.assign(Object.create(null), { d: {} }) as { d: object } };
    assert.equal(deepFreeze(value), value);
    for (const part of [value, value.a, value.a.b, value.a.b[0], value.n, value.n.d]) assert.ok(Object.isFrozen(part));
  });

  test("goes on behind something that was frozen before", () => {
    const value = Object.freeze({ inner: {} });
    deepFreeze(value);
    assert.ok(Object.isFrozen(value.inner));
  });

  test("ends on a value that contains itself", () => {
    const value: { self?: object } = {};
    value.self = value;
    deepFreeze(value);
    assert.ok(Object.isFrozen(value));
  });

  test("leaves what an instance holds to its class", () => {
    class Box {
      inner = {};
    }
    const box = deepFreeze(new Box());
    assert.ok(Object.isFrozen(box));
    assert.ok(!Object.isFrozen(box.inner));
  });

  test("passes by bytes, which cannot be frozen", () => {
    const bytes = Buffer.from("x");
    assert.equal(deepFreeze({ bytes }).bytes, bytes);
  });
});
