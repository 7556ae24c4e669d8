import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#src/security/errors";

test("errors that a caller sees have a status, and boot errors have none", () => {
  assert.equal(errors.CROSS_SITE_REFUSED().status, 403);
  assert.equal(errors.CORS_REFUSED({ refusal: "method" }).status, 403);
  assert.equal(errors.TRAILER_FORBIDDEN({ name: "Host" }).status, 400);
  const boot = Object.entries(errors).filter(([, factory]) => factory.status === undefined);
  assert.deepEqual(
    boot.map(([reason]) => reason),
    [
      "HEADER_UNKNOWN",
      "HEADER_INVALID",
      "CSP_DIRECTIVE_UNKNOWN",
      "CSP_EMPTY",
      "CSP_SOURCE_INVALID",
      "NONCE_INVALID",
      "ORIGIN_INVALID",
      "CORS_WILDCARD_CREDENTIALS",
      "CORS_HEADER_INVALID",
      "KEYS_MISSING",
      "KEY_SHORT",
      "KEY_WEAK",
      "KEY_PURPOSE_INVALID",
    ],
  );
});

test("says what is refused in a cross-origin request", () => {
  assert.match(errors.CORS_REFUSED({ refusal: "method" }).message, /method/);
});
