import assert from "node:assert/strict";
import { test } from "node:test";
import { createNonce, isNonce } from "#src/security/nonce";

test("makes nonces of 144 bits that never repeat, also across refills of the pool", () => {
  const nonces = Array.from({ length: 2_000 }, createNonce);
  assert.equal(new Set(nonces).size, nonces.length);
  for (const nonce of nonces) {
    assert.match(nonce, /^[A-Za-z0-9+/]{24}$/);
    assert.equal(Buffer.from(nonce, "base64").length, 18);
    assert.ok(isNonce(nonce));
  }
});

test("every byte of a nonce varies", () => {
  const nonces = Array.from({ length: 600 }, () => Buffer.from(createNonce(), "base64"));
  for (let index = 0; index < 18; index++) assert.ok(new Set(nonces.map((bytes) => bytes[index])).size > 100, `byte ${index}`);
});

test("refuses nonces that are short, long or not base64", () => {
  for (const text of [
    "",
    "a".repeat(21),
    "a".repeat(129),
    `${"a".repeat(24)}'`,
    `${"a".repeat(24)} `,
    `${"a".repeat(24)}\n`,
    `${"a".repeat(22)}===`,
  ]) {
    assert.equal(isNonce(text), false, text);
  }
  assert.equal(isNonce(`${"a".repeat(22)}==`), true);
});
