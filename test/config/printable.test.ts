import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { toPrintable } from "#src/config/printable";

describe("toPrintable", () => {
  test("leaves ordinary text of any script alone", () =>
    assert.equal(toPrintable("Größe: 10 €, 日本 🎉"), "Größe: 10 €, 日本 🎉"));
  test("shows a terminal sequence instead of obeying it", () => assert.equal(toPrintable("\u001b[31mred"), "\\u001b[31mred"));
  test("keeps a text on one line", () => assert.equal(toPrintable("a\r\nb\u2028c\u0085"), "a\\u000d\\u000ab\\u2028c\\u0085"));
  test("shows marks that would reorder the text", () => assert.equal(toPrintable("a\u202eb\u2066"), "a\\u202eb\\u2066"));
  test("lets no control character through", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => assert.doesNotMatch(toPrintable(text), /\p{Cc}/u)));
  });
});
