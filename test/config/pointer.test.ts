import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { keyOfPointer, pointerOf } from "#src/config/pointer";

describe("pointers", () => {
  test("escape what RFC 6901 escapes", () => assert.equal(pointerOf(["a/b", "c~d", 0]), "/a~1b/c~0d/0"));
  test("are empty for the whole", () => assert.equal(pointerOf([]), ""));
  test("read as dotted keys", () => assert.equal(keyOfPointer("/uploads/maxSize"), "uploads.maxSize"));
  test("of the whole read as nothing", () => assert.equal(keyOfPointer(""), ""));

  test("lose nothing of any path", () => {
    const segment = fc.string().filter((text) => !text.includes("."));
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1 }), (path) => assert.equal(keyOfPointer(pointerOf(path)), path.join("."))),
    );
  });
});
