import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rankOf } from "#src/http/overload/priority";
import { RouteLoad } from "#src/http/overload/route-load";

const LOW = rankOf("low");
const NORMAL = rankOf("normal");
const HIGH = rankOf("high");

/** A route under a steady arrival of requests, simulated millisecond by millisecond. */
function createRoute() {
  const load = new RouteLoad();
  const leaving = new Map<number, number[]>();
  let now = 1_000;
  const enter = (end: number): void => {
    load.entered();
    leaving.set(end, [...(leaving.get(end) ?? []), now]);
  };
  const route = {
    load,
    get now(): number {
      return now;
    },
    /** @returns how many were refused */
    run(options: { milliseconds: number; each: number; takes: number; rank?: number }): number {
      const { milliseconds, each, takes, rank = NORMAL } = options;
      let refused = 0;
      for (const end = now + milliseconds; now < end; now++) {
        for (const started of leaving.get(now) ?? []) load.left(now - started, now);
        leaving.delete(now);
        for (let index = 0; index < each; index++) {
          if (load.admits(rank, now)) enter(now + takes);
          else refused++;
        }
      }
      return refused;
    },
  };
  return route;
}

describe("a route", () => {
  it("with 1,000 requests under way that each wait 50 ms refuses nobody, from the first one on", () => {
    const route = createRoute();
    assert.equal(route.run({ milliseconds: 2_000, each: 20, takes: 50 }), 0);
    assert.equal(route.load.inFlight, 1_000);
  });

  it("whose traffic grows tenfold at the same speed refuses nobody", () => {
    const route = createRoute();
    route.run({ milliseconds: 2_000, each: 2, takes: 200 });
    assert.equal(route.run({ milliseconds: 2_000, each: 20, takes: 200 }), 0);
  });

  it("that becomes slow is bounded to a multiple of what was under way before, by priority", () => {
    for (const [rank, share] of [
      [LOW, 1],
      [NORMAL, 2],
      [HIGH, 4],
    ] as const) {
      const route = createRoute();
      route.run({ milliseconds: 2_000, each: 10, takes: 50, rank });
      assert.ok(route.run({ milliseconds: 8_000, each: 10, takes: 5_000, rank }) > 0);
      assert.ok(route.load.inFlight <= Math.max(2_550, 510 * share), `${route.load.inFlight}`);
      assert.ok(route.load.inFlight >= 450 * share, `${route.load.inFlight}`);
    }
  });

  it("of which nothing comes back any more is bounded", () => {
    const route = createRoute();
    route.run({ milliseconds: 2_000, each: 10, takes: 50 });
    route.run({ milliseconds: 20_000, each: 10, takes: Infinity });
    assert.ok(route.load.inFlight <= 2_550, `${route.load.inFlight}`);
  });

  it("with few requests under way is left alone, however slow", () => {
    const route = createRoute();
    route.run({ milliseconds: 5_000, each: 1, takes: 10 });
    assert.equal(route.run({ milliseconds: 255, each: 1, takes: 30_000 }), 0);
  });

  it("is free again within a second of being fast again", () => {
    const route = createRoute();
    route.run({ milliseconds: 2_000, each: 10, takes: 50 });
    route.run({ milliseconds: 3_000, each: 10, takes: 1_000 });
    assert.ok(route.run({ milliseconds: 500, each: 10, takes: 1_000 }) > 0);
    route.run({ milliseconds: 1_250, each: 10, takes: 50 }); // the slow ones end within a second of their own
    assert.equal(route.run({ milliseconds: 3_000, each: 10, takes: 50 }), 0);
  });

  it("takes it for the new usual when it stays slow for minutes", () => {
    const route = createRoute();
    route.run({ milliseconds: 2_000, each: 2, takes: 50 });
    assert.ok(route.run({ milliseconds: 5_000, each: 2, takes: 400 }) > 0);
    route.run({ milliseconds: 120_000, each: 2, takes: 400 });
    assert.equal(route.run({ milliseconds: 5_000, each: 2, takes: 400 }), 0);
  });

  it("is not judged by a handful of requests that found nothing to do", () => {
    const route = createRoute();
    route.run({ milliseconds: 5_000, each: 1, takes: 120 });
    for (let round = 0; round < 40; round++) {
      route.run({ milliseconds: 1, each: 1, takes: 1 });
      route.run({ milliseconds: 260, each: 0, takes: 1 });
    }
    assert.equal(route.run({ milliseconds: 2_000, each: 4, takes: 120 }), 0);
  });
});
