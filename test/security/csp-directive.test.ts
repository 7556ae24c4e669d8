import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDirective } from "#src/security/csp-directive";

test("takes what CSP level 3 knows", () => {
  const good: readonly (readonly [string, readonly string[] | true])[] = [
    ["default-src", ["'none'"]],
    [
      "script-src",
      ["'self'", "'nonce'", "'strict-dynamic'", "https:", "'unsafe-hashes'", "'wasm-unsafe-eval'", "'report-sample'"],
    ],
    ["script-src-elem", ["'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"]],
    [
      "img-src",
      ["data:", "blob:", "*", "*.example.com", "https://cdn.example.com:443/a/b.png", "example.com:*", "localhost:3000"],
    ],
    ["connect-src", ["wss://live.example.com", "'self'"]],
    ["frame-ancestors", ["'self'", "https://portal.example.com"]],
    ["form-action", ["'self'"]],
    ["base-uri", ["'none'"]],
    ["sandbox", ["allow-forms", "allow-scripts"]],
    ["sandbox", true],
    ["upgrade-insecure-requests", true],
    ["report-to", ["csp-endpoint"]],
    ["report-uri", ["/csp", "https://r.example.com/x?y=z"]],
    ["require-trusted-types-for", ["'script'"]],
    ["trusted-types", ["app", "'allow-duplicates'"]],
  ];
  for (const [name, value] of good) {
    assert.deepEqual(checkDirective(name, value), value === true ? [] : value, name);
  }
});

test("refuses an unknown directive and suggests the nearest", () => {
  const table = {
    "script-scr": "script-src",
    "frame-ancestor": "frame-ancestors",
    defaultsrc: "default-src",
    "Img-Src": "img-src",
  };
  for (const [name, suggestion] of Object.entries(table)) {
    const message = new RegExp(`Did you mean "${suggestion}"`);
    assert.throws(() => checkDirective(name, ["'self'"]), { code: "E_SECURITY_CSP_DIRECTIVE_UNKNOWN", message });
  }
  for (const name of ["__proto__", "constructor", "plugin-types", "", "default-src; script-src"]) {
    assert.throws(() => checkDirective(name, ["'self'"]), { code: "E_SECURITY_CSP_DIRECTIVE_UNKNOWN" }, name);
  }
});

test("wants keywords in quotes", () => {
  for (const keyword of ["self", "none", "unsafe-inline", "strict-dynamic", "Self"]) {
    assert.throws(() => checkDirective("script-src", [keyword]), {
      code: "E_SECURITY_CSP_SOURCE_INVALID",
      message: new RegExp(`"'${keyword.toLowerCase()}'"`),
    });
  }
});

test("suggests the keyword that was meant", () => {
  assert.throws(() => checkDirective("script-src", ["'stirct-dynamic'"]), { message: /did you mean "'strict-dynamic'"/ });
  assert.throws(() => checkDirective("script-src", ["'whatever-else'"]), { message: /no keyword/ });
});

test("refuses a fixed nonce, which is none", () => {
  for (const source of ["'nonce-abc123'", "nonce-abc123", "'NONCE-abc'"]) {
    assert.throws(() => checkDirective("script-src", [source]), { message: /made for every answer/ }, source);
  }
});

test("refuses values that would end the directive or the policy", () => {
  const sources = [
    "a; script-src *",
    "a,b",
    "a b",
    "a\nb",
    "a\r\nx: y",
    "a\0",
    "",
    " ",
    "caf\u00e9.example",
    "*;",
    "https://a.example/;x",
    "\t",
  ];
  for (const name of ["script-src", "frame-ancestors", "report-uri", "report-to", "sandbox", "trusted-types"]) {
    for (const source of sources) {
      assert.throws(() => checkDirective(name, [source]), { code: "E_SECURITY_CSP_SOURCE_INVALID" }, `${name} ${source}`);
    }
  }
});

test("refuses values that mean nothing where they stand", () => {
  const bad: readonly (readonly [string, readonly string[] | true])[] = [
    ["script-src", []],
    ["script-src", true],
    ["script-src", ["'none'", "'self'"]],
    ["script-src", ["'sha256-short'"]],
    ["script-src", ["'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='"]],
    ["script-src", ["https:/a.example"]],
    ["script-src", ["*.*.example.com"]],
    ["script-src", ['"self"']],
    ["frame-ancestors", ["'unsafe-inline'"]],
    ["frame-ancestors", ["'nonce'"]],
    ["base-uri", ["'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"]],
    ["sandbox", ["scripts"]],
    ["sandbox", []],
    ["upgrade-insecure-requests", ["'self'"]],
    ["report-to", ["a", "b"]],
    ["report-to", true],
    ["report-uri", ["'self'"]],
    ["trusted-types", ["'self'"]],
  ];
  for (const [name, value] of bad) {
    assert.throws(() => checkDirective(name, value), { code: "E_SECURITY_CSP_SOURCE_INVALID" }, `${name} ${String(value)}`);
  }
});
