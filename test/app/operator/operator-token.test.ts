import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { createOperatorToken, readOperatorToken } from "#src/app/operator/operator-token";
import { Secret } from "#src/core/mod";
import { createKeyRing } from "#src/security/mod";

const NOW = 1_770_000_000_000;
const ACTION = "PUT /-/log/level";
const KEY = new Secret("wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E");
const OLD_KEY = new Secret("kP8sWn4ZbQ6xYt3RvM9cHjL2fGdU7aEo");
const ring = createKeyRing([KEY]);

const token = (appKey: Secret = KEY, by = "ada@desk"): string => createOperatorToken({ appKey, by, action: ACTION, now: NOW });

describe("an operator's token", () => {
  test("says who acts, for its action and for a minute", () => {
    assert.deepEqual(readOperatorToken(token(), { ring, action: ACTION, now: NOW }), { id: "ada@desk" });
    assert.deepEqual(readOperatorToken(token(), { ring, action: ACTION, now: NOW + 60_000 }), { id: "ada@desk" });
    assert.equal(readOperatorToken(token(), { ring, action: ACTION, now: NOW + 60_001 }), "expired");
  });

  test("opens no other action", () => {
    assert.equal(readOperatorToken(token(), { ring, action: "DELETE /-/log", now: NOW }), "other action");
  });

  test("from a clock far ahead is refused: it would be good for longer than a minute", () => {
    assert.equal(readOperatorToken(token(), { ring, action: ACTION, now: NOW - 61_000 }), "expired");
  });

  test("of a retired root secret is good as long as the secret verifies, and of another one never", () => {
    const rotated = createKeyRing([KEY, OLD_KEY]);
    assert.deepEqual(readOperatorToken(token(OLD_KEY), { ring: rotated, action: ACTION, now: NOW }), { id: "ada@desk" });
    assert.equal(readOperatorToken(token(OLD_KEY), { ring, action: ACTION, now: NOW }), "unsigned");
  });

  test("signed by the same secret for another purpose opens nothing", () => {
    const [payload = ""] = token().split(".");
    assert.equal(
      readOperatorToken(`${payload}.${ring.sign("session", payload)}`, { ring, action: ACTION, now: NOW }),
      "unsigned",
    );
  });

  test("that is anything else is refused without a throw", () => {
    const good = token();
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 2_000 }), fc.nat(good.length - 1)), (change) => {
        const text = typeof change === "string" ? change : good.slice(0, change) + "~" + good.slice(change + 1);
        assert.equal(readOperatorToken(text, { ring, action: ACTION, now: NOW }), "unsigned");
      }),
    );
  });

  test("holds a name of any length and any characters", () => {
    const long = readOperatorToken(token(KEY, "é😀\u0000".repeat(200)), { ring, action: ACTION, now: NOW });
    assert.ok(typeof long === "object" && long.id.startsWith("é😀") && long.id.length <= 128);
  });
});
