import assert from "node:assert/strict";
import { test } from "node:test";
import { createCsp } from "#src/security/csp";
import { createNonce } from "#src/security/nonce";

const NONCE = "MTIzNDU2Nzg5MDEyMzQ1Njc4";

test("the default suits pages, with the nonce of each answer in its place", () => {
  const csp = createCsp();
  assert.equal(csp.headerName, "content-security-policy");
  assert.equal(
    csp.withNonce(NONCE),
    `default-src 'self'; script-src 'nonce-${NONCE}' 'strict-dynamic'; style-src 'self' 'nonce-${NONCE}'; img-src 'self' data:; ` +
      "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  );
});

test("without a nonce its sources are left out, and none other gained", () => {
  assert.match(createCsp().withoutNonce, /script-src 'strict-dynamic'; style-src 'self';/);
  assert.equal(createCsp({ "script-src": ["'nonce'"] }).withoutNonce, "script-src 'none'");
});

test("a policy without nonces is the same with any", () => {
  const csp = createCsp({ "default-src": ["'self'"], "upgrade-insecure-requests": true, sandbox: true });
  assert.equal(csp.withNonce(NONCE), "default-src 'self'; upgrade-insecure-requests; sandbox");
  assert.equal(csp.withoutNonce, csp.withNonce(NONCE));
});

test("can report only", () => {
  assert.equal(createCsp(undefined, { reportOnly: true }).headerName, "content-security-policy-report-only");
});

test("takes fresh nonces, and refuses everything that could change the policy", () => {
  const csp = createCsp();
  assert.ok(csp.withNonce(createNonce()).includes("'nonce-"));
  for (const nonce of [
    "",
    "short",
    "' 'unsafe-inline' '",
    `${NONCE}'; script-src *`,
    `${NONCE}\r\nx: y`,
    `${NONCE}\n`,
    "a".repeat(200),
    `${NONCE},`,
  ]) {
    assert.throws(() => csp.withNonce(nonce), { code: "E_SECURITY_NONCE_INVALID" }, nonce);
  }
});

test("refuses a policy without directives, and skips undefined ones", () => {
  assert.throws(() => createCsp({}), { code: "E_SECURITY_CSP_EMPTY" });
  assert.throws(() => createCsp({ "default-src": undefined }), { code: "E_SECURITY_CSP_EMPTY" });
  assert.equal(createCsp({ "default-src": undefined, "img-src": ["*"] }).withoutNonce, "img-src *");
});
