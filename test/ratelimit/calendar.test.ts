import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Calendar } from "#src/ratelimit/calendar";

const iso = (moment: number): string => new Date(moment).toISOString();
const windowOf = (unit: "hour" | "day" | "month", timezone: string, moment: string): readonly string[] => {
  const { start, end } = new Calendar(unit, timezone).windowAt(Date.parse(moment));
  return [iso(start), iso(end)];
};

describe("the calendar", () => {
  it("knows hours, days and months in UTC, leap years included", () => {
    const at = "2028-02-29T23:59:59.999Z";
    assert.deepEqual(windowOf("hour", "UTC", at), ["2028-02-29T23:00:00.000Z", "2028-03-01T00:00:00.000Z"]);
    assert.deepEqual(windowOf("day", "UTC", at), ["2028-02-29T00:00:00.000Z", "2028-03-01T00:00:00.000Z"]);
    assert.deepEqual(windowOf("month", "UTC", at), ["2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z"]);
    assert.deepEqual(windowOf("month", "UTC", "2026-12-31T12:00:00Z")[1], "2027-01-01T00:00:00.000Z");
  });

  it("knows them where clocks are ahead or behind", () => {
    assert.deepEqual(windowOf("day", "Asia/Kolkata", "2026-06-01T18:30:00Z"), [
      "2026-06-01T18:30:00.000Z",
      "2026-06-02T18:30:00.000Z",
    ]);
    assert.deepEqual(windowOf("hour", "Asia/Kolkata", "2026-06-01T18:29:00Z"), [
      "2026-06-01T17:30:00.000Z",
      "2026-06-01T18:30:00.000Z",
    ]);
    assert.deepEqual(windowOf("month", "America/New_York", "2026-06-01T03:59:00Z"), [
      "2026-05-01T04:00:00.000Z",
      "2026-06-01T04:00:00.000Z",
    ]);
  });

  it("gives days of 23 and 25 hours where clocks change", () => {
    assert.deepEqual(windowOf("day", "Europe/Berlin", "2026-03-29T12:00:00Z"), [
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T22:00:00.000Z",
    ]);
    assert.deepEqual(windowOf("day", "Europe/Berlin", "2026-10-25T00:30:00Z"), [
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T23:00:00.000Z",
    ]);
  });

  it("begins a day with the skip where clocks skip midnight, and once where they show it twice", () => {
    // Beirut goes from 00:00 to 01:00; Havana from 01:00 back to 00:00.
    assert.deepEqual(windowOf("day", "Asia/Beirut", "2026-03-29T12:00:00Z")[0], "2026-03-28T22:00:00.000Z");
    assert.deepEqual(windowOf("day", "America/Havana", "2026-11-01T05:30:00Z"), [
      "2026-11-01T04:00:00.000Z",
      "2026-11-02T05:00:00.000Z",
    ]);
  });

  it("gives spans that hold their moment and follow on each other, at any time, in any zone", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kolkata",
      "Asia/Kathmandu",
      "America/Havana",
      "Asia/Beirut",
      "Pacific/Auckland",
      "Australia/Lord_Howe",
    ];
    const moments = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom("day", "month"), moments, (zone, unit, moment) => {
        const { start, end } = new Calendar(unit, zone).windowAt(moment);
        assert.ok(start <= moment && moment < end, `${zone} ${unit} ${iso(moment)}: ${iso(start)} to ${iso(end)}`);
        assert.equal(new Calendar(unit, zone).windowAt(end).start, end, `${zone} ${unit} ${iso(end)}`);
        assert.equal(new Calendar(unit, zone).windowAt(start).start, start);
      }),
      { numRuns: 400 },
    );
  });

  it("knows no zone that nobody knows", () => {
    assert.throws(() => new Calendar("day", "Mars/Olympus"), RangeError);
  });
});
