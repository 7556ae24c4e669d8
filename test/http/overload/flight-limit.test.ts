import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FlightLimit } from "#src/http/overload/flight-limit";
import { rankOf } from "#src/http/overload/priority";

const NORMAL = rankOf("normal");

/** A limit with so many requests under way. */
function withInFlight(count: number): FlightLimit {
  const limit = new FlightLimit();
  for (let index = 0; index < count; index++) limit.entered();
  return limit;
}

/** How many requests of a rank may be under way at most. */
function most(limit: FlightLimit, rank = NORMAL): number {
  while (limit.inFlight > 0) limit.left();
  let count = 0;
  for (; count < 10_000 && limit.admits(rank); count++) limit.entered();
  return count;
}

describe("a flight limit", () => {
  it("is none until a turn was too long, and none again when it is lifted", () => {
    const limit = withInFlight(5_000);
    assert.equal(limit.admits(NORMAL), true);
    limit.cut(4, 5_000);
    assert.equal(limit.admits(NORMAL), false);
    limit.lift();
    assert.equal(limit.admits(NORMAL), true);
  });

  it("is cut in proportion, by half at most", () => {
    for (const [excess, share] of [
      [1.25, 0.8],
      [10, 0.5],
    ] as const) {
      const limit = withInFlight(0);
      limit.cut(excess, 1_000);
      assert.equal(most(limit), 1_000 * share);
    }
  });

  it("is cut once for those that were under way, however long they keep turns long", () => {
    const limit = withInFlight(1_000);
    for (let turn = 0; turn < 5; turn++) limit.cut(10, 1_000);
    assert.equal(limit.inFlight, 1_000);
    for (let answer = 0; answer < 999; answer++) limit.left();
    limit.cut(10, 1_000); // one of them is still there
    const grown = (1_000 - 500 / 2) * 0.1; // while it was used up
    assert.ok(Math.abs(most(limit) - 500 - grown) <= 50);
  });

  it("grows while it is used up, and not while it is not", () => {
    const limit = withInFlight(0);
    limit.cut(2, 100);
    for (let round = 0; round < 50; round++) limit.entered();
    for (let round = 0; round < 500; round++) {
      limit.left();
      limit.entered();
    }
    const grown = most(limit);
    assert.ok(grown > 70 && grown < 120, `${grown}`);
    const quiet = withInFlight(0);
    quiet.cut(2, 100);
    for (let round = 0; round < 500; round++) {
      quiet.entered();
      quiet.left();
    }
    assert.equal(most(quiet), 50);
  });

  it("leaves eight alone, and gives low a quarter and high twice of it", () => {
    const limit = withInFlight(0);
    limit.cut(2, 4);
    assert.equal(most(limit), 8);
    const wide = withInFlight(0);
    wide.cut(2, 800);
    assert.deepEqual(
      [most(wide, rankOf("low")), most(wide, NORMAL)].map((count) => Math.round(count / 10) * 10),
      [100, 400],
    );
  });
});
