import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LoopLoad } from "#src/http/overload/loop-load";
import { type Priority, rankOf } from "#src/http/overload/priority";
import { RouteLoad } from "#src/http/overload/route-load";
import { createFakeClock } from "#src/testing/fake-clock";

// An event loop with its queue, simulated: what shedding holds, whatever else the machine that runs the tests is doing.

interface Load {
  /** Requests a millisecond. */
  readonly rate: number;
  /** Milliseconds of work on the loop that an answer costs. */
  readonly work: number;
  /** Milliseconds that it waits for something else before that work. */
  readonly wait?: number;
  /** Milliseconds that a refusal costs. */
  readonly refusal?: number;
  readonly priorities?: readonly Priority[];
  readonly shedding?: boolean;
}

interface Tally {
  offered: number;
  latencies: number[];
}

const WARM_UP = 3_000;
const MEASURED = 10_000;
const IN_TIME = 1_000;

function simulate(load: Load): { goodput: number; p99: number; by: ReadonlyMap<Priority, Tally> } {
  const { rate, work, wait = 0, refusal = 0.03, priorities = ["normal"], shedding = true } = load;
  const clock = createFakeClock();
  const start = clock.monotonic();
  const end = start + WARM_UP + MEASURED;
  let turnEnds: (() => void)[] = [];
  const loop = new LoopLoad({ clock, target: 50, changed: () => {}, atTurnEnd: (callback) => void turnEnds.push(callback) });
  const route = new RouteLoad();
  const by = new Map(priorities.map((priority): [Priority, Tally] => [priority, { offered: 0, latencies: [] }]));
  const continuations: { readonly at: number; readonly finish: () => void }[] = [];
  let arrived = 0;

  const arrivalOf = (index: number): number => start + index / rate;
  const take = (index: number): void => {
    const at = arrivalOf(index);
    const priority = priorities[index % priorities.length] as Priority;
    const tally = by.get(priority) as Tally;
    const counts = at >= start + WARM_UP && at < end;
    if (counts) tally.offered++;
    const now = clock.monotonic();
    const rank = rankOf(priority);
    if (shedding && !(route.admits(rank, now) && loop.admits(rank, now))) return clock.advance(refusal);
    route.entered();
    loop.entered();
    const finish = (): void => {
      clock.advance(work);
      route.left(clock.monotonic() - now, clock.monotonic());
      loop.left(clock.monotonic());
      if (counts) tally.latencies.push(clock.monotonic() - at);
    };
    if (wait === 0) finish();
    else continuations.push({ at: now + wait, finish });
  };

  while (clock.monotonic() < end) {
    const now = clock.monotonic();
    while (continuations[0] !== undefined && continuations[0].at <= now) continuations.shift()?.finish();
    const polled = clock.monotonic();
    while (arrivalOf(arrived) <= polled) take(arrived++);
    const ending = turnEnds;
    turnEnds = [];
    for (const turnEnd of ending) turnEnd();
    // With nothing to do the loop sleeps until something comes.
    const next = Math.min(arrivalOf(arrived), continuations[0]?.at ?? Infinity);
    if (turnEnds.length === 0 && next > clock.monotonic()) clock.advance(Math.max(next - clock.monotonic(), 0.001));
    else clock.advance(0.02);
  }
  const all = [...by.values()].flatMap(({ latencies }) => latencies).toSorted((a, b) => a - b);
  return {
    goodput: all.filter((latency) => latency <= IN_TIME).length / MEASURED,
    p99: all[Math.floor(all.length * 0.99)] ?? Number.NaN,
    by,
  };
}

const WORK = 1.5;
const CAPACITY = 1 / WORK;

describe("an overloaded event loop", () => {
  for (const factor of [1.2, 2, 5, 10]) {
    it(`at ${factor} times its capacity does at least 85 % of its work in time, and answers soon`, () => {
      const { goodput, p99 } = simulate({ rate: CAPACITY * factor, work: WORK });
      assert.ok(goodput >= CAPACITY * (factor > 5 ? 0.75 : 0.85), `${goodput / CAPACITY}`);
      assert.ok(p99 <= 150, `${p99}`);
    });

    it(`at ${factor} times its capacity does so too when the work comes after something that is waited for`, () => {
      const { goodput, p99 } = simulate({ rate: CAPACITY * factor, work: WORK, wait: 20 });
      assert.ok(goodput >= CAPACITY * (factor > 5 ? 0.6 : 0.8), `${goodput / CAPACITY}`);
      assert.ok(p99 <= (factor > 5 ? 1_500 : 300), `${p99}`);
    });
  }

  it("would answer nobody in time without shedding", () => {
    assert.ok(simulate({ rate: CAPACITY * 2, work: WORK, shedding: false }).goodput < CAPACITY * 0.1);
  });

  it("refuses nobody at nine tenths of its capacity", () => {
    const { by } = simulate({ rate: CAPACITY * 0.9, work: WORK });
    const { offered, latencies } = by.get("normal") as Tally;
    assert.ok(offered - latencies.length <= 1, `${offered - latencies.length}`);
  });

  it("gives what there is to those of high priority first, and all of it to what is critical", () => {
    const { by } = simulate({ rate: CAPACITY * 3, work: WORK, priorities: ["low", "normal", "high"] });
    const share = (priority: Priority): number => {
      const { offered, latencies } = by.get(priority) as Tally;
      return latencies.length / offered;
    };
    assert.ok(share("high") >= 0.8, `${share("high")}`);
    assert.ok(share("normal") <= 0.15, `${share("normal")}`);
    assert.ok(share("low") <= 0.1, `${share("low")}`);
  });

  it("goes on answering when every request is expensive", () => {
    const { goodput, p99 } = simulate({ rate: 5 / 100, work: 100 });
    assert.ok(goodput >= 0.85 / 100, `${goodput * 100}`);
    assert.ok(p99 <= 2_000, `${p99}`);
  });
});
