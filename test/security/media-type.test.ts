import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type MediaType, parseMediaType } from "#src/security/media-type";

const JSON_TYPE: MediaType = { type: "application/json" };
const UTF8: MediaType = { type: "application/json", charset: "utf-8" };

/** Spellings and what they mean; undefined is refused with 415. */
const SPELLINGS: readonly (readonly [string, MediaType | undefined])[] = [
  ["application/json", JSON_TYPE],
  ["APPLICATION/JSON", JSON_TYPE],
  ["Application/Json", JSON_TYPE],
  ["application/json;", JSON_TYPE],
  ["application/json ;", JSON_TYPE],
  ["application/json; ", JSON_TYPE],
  ["application/json\t;\t", JSON_TYPE],
  ["application/json;;", JSON_TYPE],
  ["application/json; ;", JSON_TYPE],
  ["application/json;charset=utf-8", UTF8],
  ["application/json; charset=utf-8", UTF8],
  ["application/json ; charset=utf-8", UTF8],
  ["application/json\t;\tcharset=utf-8", UTF8],
  ["application/json; charset=UTF-8", UTF8],
  ["application/json; Charset=Utf-8", UTF8],
  ['application/json; charset="utf-8"', UTF8],
  ['application/json; charset="UTF-8"', UTF8],
  ['application/json; charset="ut\\f-8"', UTF8],
  ["application/json; charset=utf-8;", UTF8],
  ["application/json;; charset=utf-8", UTF8],
  ["application/json; a=b; charset=utf-8; c=d", UTF8],
  ['application/json; a=";charset=latin1"; charset=utf-8', UTF8],
  ['application/json; a="\\""; charset=utf-8', UTF8],
  ["application/json; q=1", JSON_TYPE],
  ['application/json; a=""', JSON_TYPE],
  ["application/problem+json", { type: "application/problem+json" }],
  ["application/vnd.api+json", { type: "application/vnd.api+json" }],
  ["text/plain", { type: "text/plain" }],
  ["multipart/form-data; boundary=----WebKitFormBoundaryX", { type: "multipart/form-data", boundary: "----WebKitFormBoundaryX" }],
  ['multipart/form-data; boundary="a b:c"', { type: "multipart/form-data", boundary: "a b:c" }],
  ["multipart/form-data; BOUNDARY=AbC; charset=utf-8", { type: "multipart/form-data", boundary: "AbC", charset: "utf-8" }],
  [`multipart/form-data; boundary=${"x".repeat(70)}`, { type: "multipart/form-data", boundary: "x".repeat(70) }],
  [`multipart/form-data; boundary=${"x".repeat(71)}`, undefined],
  ['multipart/form-data; boundary=""', undefined],
  ['multipart/form-data; boundary="a "', undefined],
  ['multipart/form-data; boundary="a\\"b"', undefined],
  ["multipart/form-data; boundary=a; boundary=b", undefined],
  ["multipart/form-data; boundary=a; Boundary=a", undefined],
  ["multipart/form-data; boundary=a b", undefined],
  ["", undefined],
  [" ", undefined],
  [";", undefined],
  ["/", undefined],
  ["application", undefined],
  ["application/", undefined],
  ["/json", undefined],
  ["json", undefined],
  ["*/*", undefined],
  ["*/json", undefined],
  ["application/*", undefined],
  ["*", undefined],
  [".a/b", undefined],
  ["a/.b", undefined],
  [" application/json", undefined],
  ["\tapplication/json", undefined],
  ["application/json ", undefined],
  ["application/json\t", undefined],
  ["application /json", undefined],
  ["application/ json", undefined],
  ["application\t/json", undefined],
  ["application/\tjson", undefined],
  ["application/js on", undefined],
  ["appl ication/json", undefined],
  ["application//json", undefined],
  ["application/json/", undefined],
  ["application/json/x", undefined],
  ["application\\json", undefined],
  ["application/json,", undefined],
  ["application/json,text/plain", undefined],
  ["application/json, text/plain", undefined],
  ["text/plain, application/json", undefined],
  ["application/json,application/json", undefined],
  [",application/json", undefined],
  ["application/json; charset=utf-8, text/plain", undefined],
  ["application/json; charset=utf-8,utf-8", undefined],
  ["application/json charset=utf-8", undefined],
  ["application/json\tcharset=utf-8", undefined],
  ["application/json charset", undefined],
  ["application/json; charset", undefined],
  ["application/json; charset=", undefined],
  ["application/json; =utf-8", undefined],
  ["application/json; charset =utf-8", undefined],
  ["application/json; charset= utf-8", undefined],
  ["application/json; charset\t=utf-8", undefined],
  ["application/json; charset=utf-8 x", undefined],
  ["application/json; charset=utf-8 ", undefined],
  ["application/json; charset=utf-8; charset=utf-8", undefined],
  ["application/json; charset=utf-8; charset=utf-7", undefined],
  ["application/json; charset=utf-8; CHARSET=utf-7", undefined],
  ["application/json; a=b; A=c", undefined],
  ['application/json; charset=""', undefined],
  ['application/json; charset="utf 8"', undefined],
  ['application/json; charset="utf-8', undefined],
  ['application/json; charset=utf-8"', undefined],
  ["application/json; charset='utf-8", { type: "application/json", charset: "'utf-8" }],
  ['application/json; charset="utf-8"x', undefined],
  ['application/json; charset="utf-8\\"', undefined],
  ['application/json; charset="\r\n"', undefined],
  ['application/json; a="\0"', undefined],
  ['application/json; a="\\\0"', undefined],
  ['application/json; a="\u0100"', undefined],
  ["application/json; a=\u00e9", undefined],
  ['"application/json"', undefined],
  ["application/json: charset=utf-8", undefined],
  ["application/json & charset=utf-8", undefined],
  ["application/json#", { type: "application/json#" }],
  ["application/json?", undefined],
  ["application/json%20", undefined],
  ["application/json(comment)", undefined],
  ["application/json; charset=utf-8 (comment)", undefined],
  ["application/json<", undefined],
  ["application/json=", undefined],
  ["application/json@x", undefined],
  ["application/json[]", undefined],
  ["application/json{}", undefined],
  ["application%2fjson", undefined],
  ["__proto__/x", undefined],
  ["a".repeat(128) + "/json", undefined],
  ["application/json;" + " ".repeat(1_100), undefined],
  ["Content-Type: application/json", undefined],
];

const ODD_CHARACTERS =
  "\0\x01\x07\b\t\n\v\f\r\x1b \x7f\x85\u00a0\u00ad\u1680\u180e\u2000\u200b\u2028\u2029\u202e\u3000\ufeff\uff0f\u017f\u212a";

test("CVE-2025-32442: reads each spelling in one way or not at all", () => {
  for (const [spelling, expected] of SPELLINGS) {
    assert.deepEqual(parseMediaType(spelling), expected, JSON.stringify(spelling));
  }
});

test("CVE-2026-25223: a tab, another blank or an odd character at any place gives no guess", () => {
  const source = "application/json";
  let spellings = 0;
  for (const character of ODD_CHARACTERS) {
    for (let index = 0; index <= source.length; index++) {
      const spelling = source.slice(0, index) + character + source.slice(index);
      assert.equal(parseMediaType(spelling), undefined, JSON.stringify(spelling));
      spellings++;
    }
  }
  assert.ok(spellings > 200);
});

test("CVE-2026-33806: white space is taken around a semicolon, and nowhere else", () => {
  for (const blank of [" ", "\t", " \t "]) {
    assert.deepEqual(parseMediaType(`application/json${blank};${blank}charset=utf-8`), UTF8);
    assert.equal(parseMediaType(`${blank}application/json`), undefined);
    assert.equal(parseMediaType(`application/json${blank}`), undefined);
  }
  for (const blank of ["\n", "\r\n ", "\v", "\f", "\u00a0", "\ufeff"]) {
    assert.equal(parseMediaType(`application/json${blank};charset=utf-8`), undefined);
    assert.equal(parseMediaType(`application/json;${blank}charset=utf-8`), undefined);
  }
});

test("what it reads can be written again, and read the same", () => {
  const character = fc.constantFrom(...'aA/;= \t"\\,+*.charsetboundary'.split(""));
  const text = fc.oneof(
    fc.string({ unit: character }),
    fc.string({ unit: character }).map((rest) => `a/b;${rest}`),
  );
  fc.assert(
    fc.property(text, (value) => {
      const parsed = parseMediaType(value);
      if (parsed === undefined) return;
      assert.equal(parsed.type, parsed.type.toLowerCase());
      const parameters = [parsed.charset && `; charset=${parsed.charset}`, parsed.boundary && `; boundary="${parsed.boundary}"`];
      assert.deepEqual(parseMediaType(parsed.type + parameters.filter(Boolean).join("")), parsed);
    }),
    { numRuns: 2_000 },
  );
});

test("does not remember where the last value ended", () => {
  assert.equal(parseMediaType("a/b; charset=utf-8; x"), undefined);
  assert.deepEqual(parseMediaType("a/b; charset=utf-8"), { type: "a/b", charset: "utf-8" });
});

test("takes linear time for hostile values", () => {
  const values = [
    " ".repeat(16_384),
    `a/b;${" ".repeat(1_000)}x`,
    `a/b${"; ".repeat(500)}`,
    `a/b;a="${"\\a".repeat(500)}`,
    `a/b;a="${"a".repeat(1_000)}`,
  ];
  for (const value of values) {
    const started = performance.now();
    for (let round = 0; round < 20; round++) parseMediaType(value);
    assert.ok(performance.now() - started < 100, value.slice(0, 10));
  }
});
