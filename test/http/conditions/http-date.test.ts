import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatHttpDate, parseHttpDate } from "#src/http/conditions/http-date";

const NOW = Date.UTC(2026, 10, 22);
// RFC 9110, section 5.6.7: one moment in its three spellings.
const MOMENT = Date.UTC(1994, 10, 6, 8, 49, 37);

describe("an HTTP date", () => {
  it("is read in the three spellings of RFC 9110, section 5.6.7", () => {
    for (const text of ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
      assert.equal(parseHttpDate(text, NOW), MOMENT, text);
  });

  it("of two digits is in the past when it would be more than 50 years ahead", () => {
    assert.equal(parseHttpDate("Sunday, 06-Nov-76 08:49:37 GMT", NOW), Date.UTC(2076, 10, 6, 8, 49, 37));
    assert.equal(parseHttpDate("Sunday, 06-Nov-77 08:49:37 GMT", NOW), Date.UTC(1977, 10, 6, 8, 49, 37));
  });

  it("may have a leap second, which is the next minute's first", () => {
    assert.equal(parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", NOW), Date.UTC(2017, 0, 1));
  });

  for (const text of [
    "",
    "0",
    "1994",
    "1994-11-06T08:49:37Z",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "sun, 06 nov 1994 08:49:37 gmt",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    " Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT, x",
    "Sun, 06 Nov 01994 08:49:37 GMT",
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(parseHttpDate(text, NOW), undefined));
  }

  it("is read as it was written, to the second (property)", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(253_402_300_799_000), noInvalidDate: true }), (date) => {
        assert.equal(parseHttpDate(formatHttpDate(date.getTime()), NOW), Math.floor(date.getTime() / 1_000) * 1_000);
      }),
    );
  });
});
