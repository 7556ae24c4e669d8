import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { delay } from "#src/core/clock";
import { createFakeClock } from "#src/testing/fake-clock";

describe("fake clock", () => {
  test("stands still until it is moved, then moves both times alike", () => {
    const clock = createFakeClock(5_000);
    assert.equal(clock.now(), 5_000);
    assert.notEqual(clock.monotonic(), clock.now(), "the two times must not be interchangeable");
    const before = clock.monotonic();
    clock.advance(250);
    assert.equal(clock.now(), 5_250);
    assert.equal(clock.monotonic(), before + 250);
  });

  test("fires a timer at its time and not before, once", () => {
    const clock = createFakeClock();
    let fired = 0;
    clock.schedule(100, () => fired++);
    clock.advance(99);
    assert.equal(fired, 0);
    clock.advance(1);
    assert.equal(fired, 1);
    clock.advance(1_000);
    assert.equal(fired, 1);
    assert.equal(clock.pending, 0);
  });

  test("fires due timers by due time, and equal ones in the order of scheduling", () => {
    const clock = createFakeClock();
    const order: string[] = [];
    for (const [name, at] of [
      ["c", 30],
      ["a", 10],
      ["b1", 20],
      ["b2", 20],
    ] as const)
      clock.schedule(at, () => order.push(name));
    clock.advance(30);
    assert.deepEqual(order, ["a", "b1", "b2", "c"]);
  });

  test("shows each callback the time at which it was due", () => {
    const clock = createFakeClock(0);
    const seen: number[] = [];
    clock.schedule(10, () => seen.push(clock.now()));
    clock.schedule(25, () => seen.push(clock.now()));
    clock.advance(100);
    assert.deepEqual(seen, [10, 25]);
    assert.equal(clock.now(), 100);
  });

  test("fires what a callback schedules when that falls due on the way", () => {
    const clock = createFakeClock(0);
    const seen: number[] = [];
    const again = (): void => {
      seen.push(clock.now());
      clock.schedule(10, again);
    };
    clock.schedule(10, again);
    clock.advance(35);
    assert.deepEqual(seen, [10, 20, 30]);
    assert.equal(clock.pending, 1);
  });

  test("never runs backwards when a callback moves the clock", () => {
    const clock = createFakeClock(0);
    clock.schedule(10, () => clock.advance(100));
    clock.schedule(20, () => undefined);
    clock.advance(30);
    assert.equal(clock.now(), 110);
    assert.equal(clock.pending, 0);
  });

  test("does not fire a cancelled timer, and cancelling twice or late is harmless", () => {
    const clock = createFakeClock();
    let fired = 0;
    const timer = clock.schedule(10, () => fired++);
    timer.cancel();
    timer.cancel();
    clock.advance(10);
    assert.equal(fired, 0);
    const late = clock.schedule(1, () => fired++);
    clock.advance(1);
    late.cancel();
    assert.equal(fired, 1);
  });

  test("does not fire within schedule itself, not even for times past", () => {
    const clock = createFakeClock();
    let fired = 0;
    clock.schedule(0, () => fired++);
    clock.schedule(-5, () => fired++);
    assert.equal(fired, 0);
    clock.advance(0);
    assert.equal(fired, 2);
  });

  test("keeps a timer without end pending", () => {
    const clock = createFakeClock();
    clock.schedule(Infinity, () => assert.fail("never due"));
    clock.advance(1e15);
    assert.equal(clock.pending, 1);
  });

  test("refuses to move backwards", () => {
    assert.throws(() => createFakeClock().advance(-1), RangeError);
    assert.throws(() => createFakeClock().advance(Number.NaN), RangeError);
  });

  test("hands on what a callback throws and stays usable", () => {
    const clock = createFakeClock(0);
    let fired = 0;
    clock.schedule(10, () => {
      throw new Error("planned");
    });
    clock.schedule(20, () => fired++);
    assert.throws(() => clock.advance(100), /planned/);
    assert.equal(clock.now(), 10);
    clock.advance(10);
    assert.equal(fired, 1);
  });

  test("serves the core's delay", async () => {
    const clock = createFakeClock();
    const waiting = delay(clock, 1_000);
    clock.advance(1_000);
    await waiting;
    assert.equal(clock.pending, 0);
  });

  test("gives the same firings however a span is cut into steps", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 20 }), fc.array(fc.nat(100), { maxLength: 20 }), (delays, steps) => {
        const total = steps.reduce((sum, step) => sum + step, 0);
        const run = (moves: readonly number[]): string[] => {
          const clock = createFakeClock(0);
          const fired: string[] = [];
          for (const [index, at] of delays.entries()) clock.schedule(at, () => fired.push(`${index}@${clock.now()}`));
          for (const move of moves) clock.advance(move);
          return fired;
        };
        // Timers due at 0 need one move to fire, even one by nothing.
        assert.deepEqual(run([0, ...steps]), run([total]));
      }),
    );
  });
});
