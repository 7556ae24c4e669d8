import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { advance, createPace, onGrid, unitsFree, waitFor } from "#src/ratelimit/gcra";

const policies = fc.record({
  count: fc.integer({ min: 1, max: 5_000 }),
  period: fc.constantFrom(1_000, 1_500, 60_000, 3_600_000, 86_400_000),
});
// From a machine just started to one that has been up for four years.
const instants = fc.double({ min: 0, max: 1.2e11, noNaN: true }).map(onGrid);

/** Takes single units at one instant until one is refused. */
function drain(pace: ReturnType<typeof createPace>, now: number, arrival: number): { passed: number; arrival: number } {
  let passed = 0;
  let current = arrival;
  for (;;) {
    const next = advance(pace, now, current, 1);
    if (next === -1) return { passed, arrival: current };
    current = next;
    passed += 1;
  }
}

describe("generic cell rate algorithm", () => {
  it("lets exactly the burst through at one instant, for any rate and any uptime", () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 3_000 }), instants, (policy, burst, now) => {
        const pace = createPace({ ...policy, burst });
        fc.pre(now + pace.horizon < 2 ** 37); // as far as the grid reaches
        assert.equal(drain(pace, now, 0).passed, burst);
      }),
    );
  });

  it("has the whole quota again one period later, and not a unit more", () => {
    fc.assert(
      fc.property(policies, instants, (policy, now) => {
        const pace = createPace({ ...policy, burst: policy.count });
        const { arrival } = drain(pace, now, 0);
        assert.equal(drain(pace, now + policy.period, arrival).passed, policy.count);
      }),
    );
  });

  it("gives one unit back per interval", () => {
    const pace = createPace({ count: 10, period: 1_000, burst: 10 });
    const { arrival } = drain(pace, 5_000, 0);
    assert.equal(advance(pace, 5_099, arrival, 1), -1);
    assert.equal(advance(pace, 5_100, arrival, 1), arrival + 100);
    assert.equal(drain(pace, 5_350, arrival).passed, 3);
  });

  it("takes all of a cost or nothing", () => {
    const pace = createPace({ count: 10, period: 1_000, burst: 10 });
    const seven = advance(pace, 0, 0, 7);
    assert.equal(advance(pace, 0, seven, 4), -1);
    assert.equal(unitsFree(pace, 0, seven), 3);
    assert.notEqual(advance(pace, 0, seven, 3), -1);
  });

  it("never gives more than a burst after however long a pause", () => {
    const pace = createPace({ count: 5, period: 1_000, burst: 3 });
    const { arrival } = drain(pace, 0, 0);
    assert.equal(drain(pace, 1e10, arrival).passed, 3);
  });

  it("says how many units are free: exactly so many pass", () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 0, max: 50 }), instants, fc.nat(100_000), (policy, used, now, later) => {
        const pace = createPace({ ...policy, burst: 50 });
        let arrival = 0;
        for (let unit = 0; unit < used; unit += 1) arrival = advance(pace, now, arrival, 1);
        const at = now + later;
        assert.equal(drain(pace, at, arrival).passed, unitsFree(pace, at, arrival));
      }),
    );
  });

  it("says how long to wait: a cost passes then, and not a grid step sooner", () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 20 }), instants, (policy, cost, now) => {
        const pace = createPace({ ...policy, burst: 20 });
        const { arrival } = drain(pace, now, 0);
        const wait = waitFor(pace, now, arrival, cost);
        assert.notEqual(advance(pace, now + wait, arrival, cost), -1);
        assert.equal(advance(pace, now + wait - 1 / 65_536, arrival, cost), -1);
      }),
    );
  });

  it("has nothing to wait for when the units are free", () => {
    const pace = createPace({ count: 5, period: 1_000, burst: 5 });
    assert.equal(waitFor(pace, 1_000, 0, 5), 0);
  });

  it("refuses when the time is no number", () => {
    const pace = createPace({ count: 5, period: 1_000, burst: 5 });
    assert.equal(advance(pace, Number.NaN, 0, 1), -1);
    assert.equal(advance(pace, Number.POSITIVE_INFINITY, 0, 1), -1);
  });

  it("moves times down to the grid and leaves those that are on it", () => {
    assert.equal(onGrid(1.5), 1.5);
    assert.equal(onGrid(0.1) <= 0.1, true);
    assert.equal(onGrid(onGrid(0.1)), onGrid(0.1));
  });
});
