import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeprecationOptions } from "#src/http/contract";
import { parseDeprecation } from "#src/http/pipeline/deprecation";

const SINCE = "2026-07-01";

function headersOf(declared: true | DeprecationOptions): readonly string[] {
  const deprecation = parseDeprecation(declared);
  if (typeof deprecation !== "object") assert.fail(deprecation);
  return deprecation.headers;
}

function faultOf(declared: DeprecationOptions): string {
  const fault = parseDeprecation(declared);
  assert.ok(typeof fault === "string");
  return fault;
}

describe("a deprecation", () => {
  it("is nothing where none is declared", () => {
    assert.equal(parseDeprecation(undefined), undefined);
    assert.equal(parseDeprecation(false), undefined);
  });

  it("says its dates as RFC 9745 and RFC 8594 spell them", () => {
    const link = "https://docs.example/v2?from=v1#orders";
    assert.deepEqual(headersOf({ since: SINCE, sunset: "2027-01-01T12:30:00+02:00", link }), [
      "deprecation",
      "@1782864000",
      "sunset",
      "Fri, 01 Jan 2027 10:30:00 GMT",
      "link",
      `<${link}>; rel="deprecation"`,
    ]);
    assert.deepEqual(headersOf({ since: new Date(1_500) }), ["deprecation", "@1"]);
    assert.deepEqual(headersOf(true), ["deprecation", "@0"]);
  });

  it("is listed by its days", () => {
    const textOf = (declared: DeprecationOptions): unknown => (parseDeprecation(declared) as { text?: string }).text;
    assert.equal(textOf({ since: SINCE }), "deprecated 2026-07-01");
    assert.equal(textOf({ since: SINCE, sunset: "2027-01-01" }), "deprecated 2026-07-01, sunset 2027-01-01");
    assert.equal(textOf({ since: SINCE, sunset: "2027-01-01", gone: true }), "deprecated 2026-07-01, gone 2027-01-01");
  });

  it("refuses what is no date, and a time that means another moment on every machine", () => {
    const times = [
      "",
      "soon",
      "2026-13-01",
      "2026-7-1",
      "July 2026",
      "2026-07-01T12:00:00",
      "2026-07-01 12:00Z",
      new Date(Number.NaN),
    ];
    for (const time of times) {
      assert.match(faultOf({ since: time }), /`deprecated.since` is no date/, String(time));
      assert.match(faultOf({ since: SINCE, sunset: time }), /`deprecated.sunset` is no date/, String(time));
    }
  });

  it("refuses an end before its beginning, and an end without a date", () => {
    assert.match(faultOf({ since: SINCE, sunset: "2026-06-30" }), /before `since`/);
    assert.match(faultOf({ since: SINCE, gone: true }), /needs a `sunset`/);
  });

  it("refuses a link that would end its header's value, or leads to a script", () => {
    for (const link of [
      "",
      "docs",
      "/a>; rel=x",
      "/a b",
      "/a\r\nx: y",
      "/ü",
      "javascript:alert(1)",
      'https://a/"',
      "ftp://a/",
      "https://",
    ]) {
      assert.match(faultOf({ since: SINCE, link }), /`deprecated.link`/, link);
    }
  });
});
