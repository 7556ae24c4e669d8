import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type HtmlValue, escapeHtml, html } from "#src/security/escape";

// The formatter rewrites templates whose tag is called html, quotes and white space included.
const markup = html;

// Any UTF-16 code unit. fast-check's own "binary" unit takes two seconds to set up.
const codeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));

const PAYLOADS = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "</title><svg onload=alert(1)>",
  "<!--><script>alert(1)</script>",
  "&lt;script&gt;",
  "<scr\0ipt>",
  '<a href="javascript:alert(1)">',
  "--><script>",
  "]]><script>",
  "<svg/onload=alert(1)>",
  "\u2028<b>",
];

test("escapes the five characters that HTML gives a meaning", () => {
  assert.equal(escapeHtml(`<a href="x" id='y'>&</a>`), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/a&gt;");
});

test("returns a text without them as it is", () => {
  assert.equal(escapeHtml("Grüße, 世界 `x` = {1}"), "Grüße, 世界 `x` = {1}");
  assert.equal(escapeHtml(""), "");
});

test("GHSA-9r54-q6cx-xmh5: no payload leaves its quoted attribute or element", () => {
  for (const payload of PAYLOADS) {
    const text = String(markup`<p title="${payload}" id='${payload}'>${payload}</p>`);
    assert.equal(text.match(/[<>]/g)?.length, 4, payload);
    assert.equal(text.match(/"/g)?.length, 2, payload);
    assert.equal(text.match(/'/g)?.length, 2, payload);
  }
});

test("escaping can be undone, and leaves none of the characters", () => {
  const entities: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: codeUnit }), fc.string({ unit: fc.constantFrom("&", "<", ">", '"', "'", "a", ";", "#") })),
      (text) => {
        const escaped = escapeHtml(text);
        assert.doesNotMatch(escaped, /[<>"']/);
        assert.equal(
          escaped.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] as string),
          text,
        );
      },
    ),
  );
});

test("joins nested markup and lists without escaping twice", () => {
  const items = ["<one>", "two"].map((item) => markup`<li>${item}</li>`);
  assert.equal(String(markup`<ul>${items}</ul>${["<", [1, ["&"]]]}`), "<ul><li>&lt;one&gt;</li><li>two</li></ul>&lt;1&amp;");
});

test("leaves nothing for null, undefined and false, and prints zero and the empty text", () => {
  assert.equal(String(markup`[${null}${undefined}${false}${[null, false]}${""}]${0}${10n}`), "[]010");
});

test("escapes whatever else a caller without types passes", () => {
  const hostile = { toString: () => "<b>", toHtml: () => "<i>" } as unknown as HtmlValue;
  assert.equal(String(markup`${hostile}${true as unknown as HtmlValue}`), "&lt;b&gt;true");
});

test("markup cannot come in as data", () => {
  const real = markup`<b></b>`;
  const copies = [JSON.parse(JSON.stringify(real)), Object.assign({}, real), { text: "<i>" }] as unknown as HtmlValue[];
  for (const copy of copies) assert.doesNotMatch(String(markup`${copy}`), /</);
  const forged = Object.create(Object.getPrototypeOf(real) as object) as HtmlValue;
  assert.throws(() => markup`${forged}`, TypeError);
});
