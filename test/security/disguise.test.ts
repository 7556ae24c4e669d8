import assert from "node:assert/strict";
import { test } from "node:test";
import { isDisguised } from "#src/security/disguise";

test("finds a sensitive name behind underscores, however mixed", () => {
  for (const name of [
    "Content_Length",
    "X_FORWARDED_FOR",
    "x-forwarded_for",
    "x_forwarded-host",
    "access_control_request_method",
  ]) {
    assert.equal(isDisguised(name), true, name);
  }
});

test("leaves the proper spelling and unrelated names alone", () => {
  for (const name of ["Content-Length", "x-forwarded-for", "x_tenant", "__proto__", "", "_", "authorization"]) {
    assert.equal(isDisguised(name), false, name);
  }
});
