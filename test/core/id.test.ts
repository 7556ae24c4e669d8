import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createId, isId } from "#src/core/id";

// RFC 9562, section 5.7
const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const times = fc.nat(2 ** 47);

describe("id", () => {
  test("is a version 7 UUID that begins with its time", () => {
    fc.assert(
      fc.property(times, (now) => {
        const id = createId(now);
        assert.match(id, VERSION_7);
        assert.ok(isId(id));
        assert.equal(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16), now);
      }),
    );
  });

  test("keeps its form when a clock tells fractions of a millisecond", () => {
    assert.match(createId(1_767_225_600_000.75), VERSION_7);
  });

  test("sorts by time of creation", () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        fc.pre(a !== b);
        assert.equal(createId(a) < createId(b), a < b);
      }),
    );
  });

  test("is never given twice within a millisecond", () => {
    const many = Array.from({ length: 20_000 }, () => createId(0));
    assert.equal(new Set(many).size, many.length);
  });

  test("has random bits in every place that is not time, version or variant", () => {
    const fixed = new Set([8, 13, 14, 18, 23]);
    const seen = Array.from({ length: 36 }, () => new Set<string>());
    for (let count = 0; count < 2_000; count++)
      for (const [place, digit] of createId(0).split("").entries()) seen[place]?.add(digit);
    for (const [place, digits] of seen.entries()) {
      if (place < 13 || fixed.has(place)) assert.equal(digits.size, 1, `place ${place}`);
      else assert.equal(digits.size, place === 19 ? 4 : 16, `place ${place}`);
    }
  });

  test("uses the current time when none is given", () => {
    const before = Date.now();
    const time = Number.parseInt(createId().replace("-", "").slice(0, 12), 16);
    assert.ok(time >= before && time <= Date.now());
  });

  test("is told from what is none", () => {
    assert.ok(isId(randomUUID()));
    const good = createId();
    for (const text of [
      "",
      good.toUpperCase(),
      `${good} `,
      `${good}\n`,
      `{${good}}`,
      good.replaceAll("-", ""),
      good.slice(1),
      "00000000-0000-0000-0000-000000000000",
    ]) {
      assert.equal(isId(text), false, text);
    }
  });
});
