import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { delay, systemClock } from "#src/core/clock";
import { createFakeClock } from "#src/testing/fake-clock";

describe("system clock", () => {
  test("tells the wall clock's time", () => {
    const before = Date.now();
    const now = systemClock.now();
    assert.ok(now >= before && now <= Date.now());
  });

  test("never runs backwards, and is the machine's monotonic time", () => {
    const machine = (): number => Number(process.hrtime.bigint()) / 1e6;
    let last = machine();
    const samples = Array.from({ length: 1_000 }, () => systemClock.monotonic());
    // The two sources are read one after the other when the module loads: a millisecond of slack.
    assert.ok(Math.abs((samples[0] as number) - last) < 50);
    last = -Infinity;
    for (const sample of samples) {
      assert.ok(sample >= last);
      last = sample;
    }
  });

  test("calls back once, after the time", async () => {
    const begun = systemClock.monotonic();
    await new Promise<void>((resolve) => {
      // The timer alone would not keep the process alive; something must.
      const alive = setTimeout(() => assert.fail("not called"), 5_000);
      systemClock.schedule(5, () => {
        clearTimeout(alive);
        resolve();
      });
    });
    assert.ok(systemClock.monotonic() - begun >= 4);
  });

  test("does not call back once cancelled", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const callback = t.mock.fn();
    const timer = systemClock.schedule(10, callback);
    timer.cancel();
    timer.cancel();
    t.mock.timers.tick(100);
    assert.equal(callback.mock.callCount(), 0);
  });

  test("waits out times that exceed what a Node timer can hold, instead of firing at once", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const callback = t.mock.fn();
    const days = 86_400_000;
    systemClock.schedule(60 * days, callback);
    for (let day = 0; day < 59; day++) t.mock.timers.tick(days);
    assert.equal(callback.mock.callCount(), 0);
    // The mocked time moves by whole days, so each of the steps may end up to a day late.
    for (let day = 59; day < 63; day++) t.mock.timers.tick(days);
    assert.equal(callback.mock.callCount(), 1);
  });

  test("never fires a timer without end, and cancels it", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const callback = t.mock.fn();
    const timer = systemClock.schedule(Infinity, callback);
    t.mock.timers.tick(2 ** 32);
    timer.cancel();
    t.mock.timers.tick(2 ** 32);
    assert.equal(callback.mock.callCount(), 0);
  });

  test("cannot be altered", () => {
    assert.throws(() => Object.assign(systemClock, { now: () => 0 }), TypeError);
  });
});

describe("delay", () => {
  test("resolves at its time and not before", async () => {
    const clock = createFakeClock();
    let over = false;
    const waiting = delay(clock, 100).then(() => (over = true));
    clock.advance(99);
    await Promise.resolve();
    assert.equal(over, false);
    clock.advance(1);
    await waiting;
    assert.equal(clock.pending, 0);
  });

  test("ends early when the signal is aborted, and leaves no timer behind", async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const waiting = delay(clock, 1_000_000, controller.signal);
    controller.abort();
    await waiting;
    assert.equal(clock.pending, 0);
  });

  test("does not begin when the signal is aborted already", async () => {
    const clock = createFakeClock();
    await delay(clock, 1_000_000, AbortSignal.abort());
    assert.equal(clock.pending, 0);
  });

  test("leaves no listener on a signal that outlives it", async (t) => {
    const clock = createFakeClock();
    const { signal } = new AbortController();
    const added = t.mock.method(signal, "addEventListener");
    const removed = t.mock.method(signal, "removeEventListener");
    const waiting = delay(clock, 5, signal);
    clock.advance(5);
    await waiting;
    assert.equal(added.mock.callCount(), 1);
    assert.deepEqual(removed.mock.calls[0]?.arguments.slice(0, 2), added.mock.calls[0]?.arguments.slice(0, 2));
  });
});
