import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseCookies } from "#src/security/cookie";

const read = (header: string | undefined): Record<string, unknown> => ({ ...parseCookies(header) });

test("reads pairs as they were sent, neither decoded nor unquoted", () => {
  assert.deepEqual(read("session=abc.def; theme=dark"), { session: "abc.def", theme: "dark" });
  assert.deepEqual(read('a=%41; b="q"; c=x=y==; d=; e=1 2,3\\4'), { a: "%41", b: '"q"', c: "x=y==", d: "", e: "1 2,3\\4" });
});

test("takes any spacing around pairs, and nothing for no header", () => {
  assert.deepEqual(read("a=1;b=2 ;\tc = 3 ;;  ; d=4;"), { a: "1", b: "2", c: "3", d: "4" });
  assert.deepEqual(read(undefined), {});
  assert.deepEqual(read(""), {});
  assert.deepEqual(read(";;;"), {});
});

test("the first of several cookies with one name wins", () => {
  assert.equal(parseCookies("session=mine; session=planted; Session=other")["session"], "mine");
  assert.equal(parseCookies("a=; a=planted")["a"], "");
});

test("CVE-2026-21710: has no prototype, and takes names of object internals as names", () => {
  const cookies = parseCookies("__proto__=x; constructor=y; toString=z");
  assert.equal(Object.getPrototypeOf(cookies), null);
  assert.deepEqual(Object.keys(cookies), ["__proto__", "constructor", "toString"]);
  assert.equal(cookies["__proto__"], "x");
  assert.equal(parseCookies("a=1")["hasOwnProperty"], undefined);
  assert.equal(Object.hasOwn(Object.prototype, "x"), false);
});

test("leaves out what has no proper name or a control character", () => {
  const header =
    "novalue; =nameless; =__Host-session=evil; a b=1; a[0]=1; \u00e9=1; k@y=1; ok=1; bad=\0; b\x01=1; c=\x7f; d=\r\nx";
  assert.deepEqual(read(header), { ok: "1" });
});

test("no odd blank turns a name into a __Host- name", () => {
  for (const blank of ["\u00a0", "\ufeff", "\u2000", "\u3000", "\x85", "\v", "\f", "\n", "\r"]) {
    assert.deepEqual(read(`${blank}__Host-session=evil`), {}, JSON.stringify(blank));
    assert.deepEqual(read(`__Host-session${blank}=evil`), {}, JSON.stringify(blank));
  }
});

test("quotes and $Version do not swallow the cookies after them", () => {
  assert.deepEqual(read('$Version=1; a="x; session=abc; b=y"'), { $Version: "1", a: '"x', session: "abc", b: 'y"' });
});

test("takes 64 cookies of 4,096 characters in 16,384 at most, and never a part of a value", () => {
  const many = Array.from({ length: 100 }, (_, index) => `c${index}=${index}`).join("; ");
  assert.equal(Object.keys(parseCookies(many)).length, 64);
  assert.equal(parseCookies(many)["c63"], "63");
  assert.deepEqual(read(`a=${"x".repeat(4_095)}; b=1`), { b: "1" });
  assert.equal(parseCookies(`a=${"x".repeat(4_094)}`)["a"]?.length, 4_094);
  assert.deepEqual(read(`session=abc; ${"x".repeat(16_384)}`), {});
});

test("whatever pairs are well-formed come back", () => {
  const name = fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,12}$/);
  const value = fc.stringMatching(/^[!#-+\--:<-[\]-~]{0,20}$/);
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([name]) => name, maxLength: 60 }), (pairs) => {
      const cookies = parseCookies(pairs.map(([name, value]) => `${name}=${value}`).join("; "));
      for (const [name, value] of pairs) assert.equal(cookies[name], value);
      assert.equal(Object.keys(cookies).length, pairs.length);
    }),
  );
});

test("16 KB of spaces, semicolons or equals signs take less than 5 ms", () => {
  for (const part of [" ", ";", "=", "; ", " =;", "\t"]) {
    const header = part.repeat(16_384 / part.length);
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      parseCookies(header);
      return performance.now() - started;
    });
    assert.ok(Math.min(...times) < 5, `${JSON.stringify(part)}: ${Math.min(...times)} ms`);
  }
});
