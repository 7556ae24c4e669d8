import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findTargetFault } from "#src/security/target";

// Any UTF-16 code unit. fast-check's own "binary" unit takes two seconds to set up.
const codeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));

const judge = (target: string, method = "GET"): string | undefined =>
  findTargetFault(method, target)?.code.replace("E_SECURITY_", "");

test("takes the origin form with any visible ASCII character", () => {
  for (const target of [
    "/",
    "//",
    "/a/b;c=d",
    "/a?b=c&d[]=e|f",
    "/%2e%2e/%00",
    "/~!$&'()*+,;=:@",
    '/"<>^`{|}',
    `/${"a".repeat(8_191)}`,
  ]) {
    assert.equal(judge(target), undefined, target.slice(0, 40));
  }
});

test("takes * with OPTIONS only", () => {
  assert.equal(judge("*", "OPTIONS"), undefined);
  assert.equal(judge("*"), "TARGET_FORM");
  assert.equal(judge("*/", "OPTIONS"), "TARGET_FORM");
  assert.equal(judge("**", "OPTIONS"), "TARGET_FORM");
});

test("CVE-2026-84363: refuses # in the request target", () => {
  for (const target of ["/#", "/a#b?c=d", "/a?b#c", "/#/../admin"]) assert.equal(judge(target), "TARGET_FRAGMENT", target);
});

test("CVE-2026-33732: refuses absolute-form and authority-form targets", () => {
  for (const target of [
    "http://example.com/",
    "HTTPS://example.com/admin",
    "http:///admin",
    "example.com:443",
    "localhost",
    "admin",
    "",
  ]) {
    assert.equal(judge(target), "TARGET_FORM", target);
    assert.equal(judge(target, "CONNECT"), "TARGET_FORM", target);
  }
});

test("CVE-2026-44902: refuses the target `http://` that crashed a metrics listener", () => {
  assert.equal(judge("http://"), "TARGET_FORM");
});

test("refuses control characters, spaces, backslashes and everything beyond ASCII", () => {
  for (let code = 0; code <= 0x1ff; code++) {
    const refused = code <= 0x20 || code >= 0x7f || code === 0x5c;
    const expected = code === 0x23 ? "TARGET_FRAGMENT" : refused ? "TARGET_CHARACTER" : undefined;
    assert.equal(judge(`/a${String.fromCharCode(code)}`), expected, `U+${code.toString(16)}`);
  }
  assert.equal(judge("/a\n"), "TARGET_CHARACTER");
  assert.equal(judge("/\u2028"), "TARGET_CHARACTER");
  assert.equal(judge("\\a"), "TARGET_FORM");
});

test("refuses more than 8,192 characters", () => {
  assert.equal(judge(`/${"a".repeat(8_192)}`), "TARGET_LONG");
});

test("whatever passes is a path of visible ASCII without a fragment", () => {
  fc.assert(
    fc.property(fc.string({ unit: codeUnit }), (text) => {
      if (judge(`/${text}`) === undefined) assert.match(text, /^[!"$-[\]-~]*$/);
    }),
  );
});
