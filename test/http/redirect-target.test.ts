import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isLocalTarget, toAscii } from "#src/http/redirect-target";
import { reply } from "#src/http/reply";

const SITE = "https://app.example";
const hostOf = (target: string): string => new URL(target, `${SITE}/some/page`).origin;

/** Spellings that have led off a site somewhere. */
const PAYLOADS: readonly string[] = [
  "//evil.example",
  "///evil.example",
  "////evil.example",
  "/\\evil.example",
  "\\/evil.example",
  "\\\\evil.example",
  "/\\/evil.example",
  "//\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/\r/evil.example",
  "\t//evil.example",
  " //evil.example",
  "\u0000//evil.example",
  "\u0001//evil.example",
  "/\u0000/evil.example",
  "/ /evil.example",
  "//evil.example@app.example",
  "//app.example@evil.example",
  "https://evil.example",
  "HTTPS://evil.example",
  "https:evil.example",
  "https:/evil.example",
  "https:///evil.example",
  "https:\\\\evil.example",
  "ht\ttps://evil.example",
  "https://app.example@evil.example",
  "https://app.example:x@evil.example",
  "https://evil.example#app.example",
  "https://evil.example?app.example",
  "https://evil.example\\.app.example",
  "https://app.example.evil.example",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\nscript:alert(1)",
  "\u0001javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "file:///etc/passwd",
  "mailto:a@b",
  "evil.example",
  ".evil.example",
  "@evil.example",
  ":80",
  "?next=//evil.example",
  "#//evil.example",
  "",
  ".",
  "..//evil.example",
  "./\\evil.example",
  "\u2028//evil.example",
  "\u3000//evil.example",
  "\uff0f\uff0fevil.example",
  "\u2044\u2044evil.example",
  "\u{e0001}//evil.example",
];

describe("CVE-2024-56734: a redirect to what a caller sent", () => {
  for (const payload of PAYLOADS) {
    it(`is refused for ${JSON.stringify(payload)}`, () => {
      assert.equal(isLocalTarget(payload), false);
      assert.throws(() => reply.redirect(payload), { code: "E_HTTP_REDIRECT_EXTERNAL" });
    });
  }

  // These look like it, but every URL parser takes them for a path of this site.
  for (const target of [
    "/%2f/evil.example",
    "/%5cevil.example",
    "/%09/evil.example",
    "/%0d%0aset-cookie:a=b",
    "/.//evil.example",
    "/..//evil.example",
    "/@evil.example",
    "/:80",
    "/https://evil.example",
    "/?next=//evil.example",
    "/#//evil.example",
    "/\uff0f\uff0fevil.example",
    "/\u2044evil.example",
    "/\u3002evil.example",
    "/;//evil.example",
  ]) {
    it(`stays on the site with ${JSON.stringify(target)}`, () => {
      assert.equal(isLocalTarget(target), true);
      const location = reply.redirect(target).headers[1] as string;
      assert.equal(hostOf(location), SITE);
      assert.match(location, /^[\x21-\x7e]+$/);
    });
  }

  it("goes nowhere else, whatever it is made of (property)", () => {
    const piece = fc.constantFrom(
      "/",
      "\\",
      "\t",
      "\n",
      "\r",
      " ",
      "@",
      ":",
      ".",
      "evil.example",
      "https:",
      "%2f",
      "?",
      "#",
      "\u0000",
      "\uff0f",
      "a",
      "\ud800",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
          fc.string({ unit: "binary" }),
        ),
        (target) => {
          if (isLocalTarget(target)) assert.equal(hostOf(toAscii(target)), SITE);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe("a target", () => {
  it("is sent in ASCII, and means the same", () => {
    assert.equal(toAscii("/größe?q=日本#é"), "/gr%C3%B6%C3%9Fe?q=%E6%97%A5%E6%9C%AC#%C3%A9");
    assert.equal(toAscii("/a%20b?c=d&e"), "/a%20b?c=d&e");
    assert.equal(toAscii("/\ud800"), "/%EF%BF%BD");
  });
});
