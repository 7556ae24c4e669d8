import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { isWeakSecret } from "#src/security/weak-secret";

test("finds secrets that templates and tutorials ship", () => {
  for (const secret of [
    "s".repeat(32),
    "0".repeat(64),
    "changeme".repeat(4),
    "changemechangemechangemechangem",
    "secretsecretsecretsecretsecretsecret",
    "your-256-bit-secret-your-256-bit-secret",
    "a-string-secret-at-least-256-bits-long",
    "please-change-this-secret-key-in-production",
    "this-is-a-very-long-secret-key-that-you-must-change",
    "replace-me-with-a-long-random-string-of-32-characters",
    "super-secret-jwt-token-with-at-least-32-characters-long",
    "0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz123456",
    "abcdefghijklmnopqrstuvwxyz012345",
    "12345678901234567890123456789012",
    "q7Zr0Tm2bV5cX8yNq7Zr0Tm2bV5cX8yN",
    "abcabcabcabcabcabcabcabcabcabcabc",
    "keyboard cat keyboard cat keyboard cat",
    "SECRET_KEY_FOR_DEVELOPMENT_ONLY_DO_NOT_USE",
    "django-insecure-change-me-please-in-production",
    "password-password-password-1234567890",
    "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb",
    " ".repeat(40),
  ]) {
    assert.equal(isWeakSecret(secret), true, secret);
  }
});

test("takes random ones in hexadecimal, base64 and with punctuation", () => {
  for (let round = 0; round < 500; round++) {
    const bytes = randomBytes(32);
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      assert.equal(isWeakSecret(bytes.toString(encoding)), false, bytes.toString("hex"));
    }
    assert.equal(isWeakSecret(bytes.subarray(0, 24).toString("base64")), false, bytes.toString("hex"));
  }
  assert.equal(isWeakSecret("x9!Kq@7z#Wm$2v^Rt&5n*Lp(8c)Jd-3h"), false);
});
