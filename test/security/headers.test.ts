import assert from "node:assert/strict";
import { test } from "node:test";
import { type SecurityHeaderName, securityHeaders } from "#src/security/headers";

const read = (block: readonly string[]): Record<string, string> =>
  Object.fromEntries(Array.from({ length: block.length / 2 }, (_, i) => block.slice(i * 2, i * 2 + 2)));

test("has the headers that OWASP asks for, in lower case, frozen", () => {
  const block = securityHeaders({ https: true });
  assert.ok(Object.isFrozen(block));
  const { "permissions-policy": permissions, ...headers } = read(block);
  assert.deepEqual(headers, {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "origin-agent-cluster": "?1",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "x-permitted-cross-domain-policies": "none",
    "x-dns-prefetch-control": "off",
  });
  for (const feature of (permissions as string).split(", ")) assert.match(feature, /^[a-z-]+=\(\)$/);
});

test("sends Strict-Transport-Security only when the site is on https, or when told to", () => {
  assert.equal("strict-transport-security" in read(securityHeaders()), false);
  assert.equal("strict-transport-security" in read(securityHeaders({ https: false })), false);
  const told = securityHeaders({ replace: { "strict-transport-security": "max-age=60" } });
  assert.equal(read(told)["strict-transport-security"], "max-age=60");
});

test("replaces each header, and leaves each out", () => {
  const all = read(securityHeaders({ https: true }));
  for (const name of Object.keys(all) as SecurityHeaderName[]) {
    assert.deepEqual(read(securityHeaders({ https: true, replace: { [name]: "x" } })), { ...all, [name]: "x" });
    const { [name]: _left, ...rest } = all;
    assert.deepEqual(read(securityHeaders({ https: true, replace: { [name]: false } })), rest);
    assert.deepEqual(read(securityHeaders({ https: true, replace: { [name]: undefined } })), all);
  }
});

test("gives every header once", () => {
  const block = securityHeaders({ https: true, replace: { "x-frame-options": "SAMEORIGIN" } });
  const names = block.filter((_, index) => index % 2 === 0);
  assert.equal(new Set(names).size, names.length);
});

test("refuses values that would split or break the header", () => {
  for (const value of [
    "a\r\nset-cookie: b=c",
    "a\n",
    "\ra",
    "a\0b",
    "a\u2028b",
    "caf\u0119",
    "\u{1f600}",
    "",
    " a",
    "a ",
    "\t",
    "a\x7f",
    "\x1b[0m",
  ]) {
    assert.throws(() => securityHeaders({ replace: { "referrer-policy": value } }), { code: "E_SECURITY_HEADER_INVALID" }, value);
  }
  for (const value of [true, 1, null, ["a"]]) {
    const replace = { "referrer-policy": value as unknown as string };
    assert.throws(() => securityHeaders({ replace }), { code: "E_SECURITY_HEADER_INVALID" });
  }
  assert.equal(read(securityHeaders({ replace: { "referrer-policy": "caf\u00e9" } }))["referrer-policy"], "caf\u00e9");
});

test("refuses an unknown header and suggests the nearest", () => {
  const replace = { "x-frame-option": "DENY" } as Record<string, string>;
  assert.throws(() => securityHeaders({ replace }), {
    code: "E_SECURITY_HEADER_UNKNOWN",
    message: /Did you mean "x-frame-options"\?/,
  });
  for (const name of ["__proto__", "constructor", "x-powered-by"]) {
    const replace = Object.fromEntries([[name, "x"]]);
    assert.throws(() => securityHeaders({ replace }), { code: "E_SECURITY_HEADER_UNKNOWN" }, name);
  }
});
