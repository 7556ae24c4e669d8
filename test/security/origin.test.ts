import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createOriginSet, normalizeOrigin } from "#src/security/origin";

test("normalises an origin to what browsers send", () => {
  const table = {
    "https://app.example.com": "https://app.example.com",
    "HTTPS://App.Example.COM": "https://app.example.com",
    "https://app.example.com:443": "https://app.example.com",
    "http://app.example.com:80/": "http://app.example.com",
    "https://app.example.com:8443": "https://app.example.com:8443",
    "https://m\u00fcnchen.example": "https://xn--mnchen-3ya.example",
    "http://[::1]:3000": "http://[::1]:3000",
    "http://localhost:5173": "http://localhost:5173",
    "capacitor://localhost": "capacitor://localhost",
    "chrome-extension://abcdefghijklmnop": "chrome-extension://abcdefghijklmnop",
  };
  for (const [text, origin] of Object.entries(table)) assert.equal(normalizeOrigin(text), origin);
});

test("refuses what is no origin, wildcards and null", () => {
  const texts = ["", "null", "*", "app.example.com", "//app.example.com", "https://", "https:///a.example", "https:a.example"];
  texts.push(
    "https://*.example.com",
    "https://a.example/path",
    "https://a.example?x",
    "https://a.example/?",
    "https://a.example#",
  );
  texts.push(
    "https://user@a.example",
    "https://user:pass@a.example",
    "https://a.example\\",
    " https://a.example",
    "https://a.example ",
  );
  texts.push("https://a.example\n", "https://a .example", "https://exa%6dple.com", "https://a.example:99999");
  texts.push(
    "data:text/html,x",
    "file:///etc/passwd",
    "blob:https://a.example",
    "about:blank",
    "javascript://%0a",
    "capacitor://LOCALhost!",
  );
  texts.push("https://a.example//", "https://a.example, https://b.example");
  for (const text of texts) {
    assert.throws(() => normalizeOrigin(text), { code: "E_SECURITY_ORIGIN_INVALID" }, text);
  }
});

test("normalising twice changes nothing", () => {
  fc.assert(
    fc.property(fc.webAuthority({ withPort: true }), fc.constantFrom("http", "https"), (authority, scheme) => {
      const origin = normalizeOrigin(`${scheme}://${authority}`);
      assert.equal(normalizeOrigin(origin), origin);
      assert.equal(origin, new URL(origin).origin);
    }),
  );
});

test("a set holds each origin once", () => {
  assert.deepEqual([...createOriginSet(["https://a.example", "https://A.example:443/"])], ["https://a.example"]);
});
