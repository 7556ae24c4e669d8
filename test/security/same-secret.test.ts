import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Secret } from "#src/core/mod";
import { isSameSecret } from "#src/security/same-secret";

test("a secret is the same as itself and as nothing else", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      assert.equal(isSameSecret(one, new Secret(one)), true);
      assert.equal(isSameSecret(other, new Secret(one)), one === other);
    }),
  );
});
