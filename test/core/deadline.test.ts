import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runWithDeadline } from "#src/core/deadline";
import { createFakeClock } from "#src/testing/fake-clock";

const timedOut = (): Error => new Error("too late");
const forever = (): Promise<void> => new Promise(() => undefined);

describe("deadline", () => {
  test("lets work that is in time end, synchronous or not, and leaves no timer behind", async () => {
    const clock = createFakeClock();
    await runWithDeadline(() => undefined, { clock, milliseconds: 10, timedOut });
    await runWithDeadline(() => Promise.resolve(), { clock, milliseconds: 10, timedOut });
    assert.equal(clock.pending, 0);
  });

  test("hands on what the work throws or rejects with, and leaves no timer behind", async () => {
    const clock = createFakeClock();
    const fail = (): never => {
      throw new Error("planned");
    };
    await assert.rejects(runWithDeadline(fail, { clock, milliseconds: 10, timedOut }), /planned/);
    await assert.rejects(
      runWithDeadline(async () => fail(), { clock, milliseconds: 10, timedOut }),
      /planned/,
    );
    assert.equal(clock.pending, 0);
  });

  test("gives up at the deadline and aborts the work's signal with the same error", async () => {
    const clock = createFakeClock();
    let own: AbortSignal | undefined;
    const waiting = runWithDeadline((signal) => ((own = signal), forever()), { clock, milliseconds: 10, timedOut });
    clock.advance(9);
    assert.equal(own?.aborted, false);
    clock.advance(1);
    await assert.rejects(waiting, /too late/);
    assert.match(String(own?.reason), /too late/);
  });

  test("does not disturb the process when the work fails after it was given up", async () => {
    const clock = createFakeClock();
    const { promise, reject } = Promise.withResolvers<void>();
    const waiting = runWithDeadline(() => promise, { clock, milliseconds: 10, timedOut });
    clock.advance(10);
    await assert.rejects(waiting, /too late/);
    reject(new Error("much too late")); // unhandled, it would fail the run
  });

  test("ends with the reason of an outer signal, and leaves neither timer nor listener", async (t) => {
    const clock = createFakeClock();
    const outer = new AbortController();
    const removed = t.mock.method(outer.signal, "removeEventListener");
    let own: AbortSignal | undefined;
    const run = (signal: AbortSignal): Promise<void> => ((own = signal), forever());
    const waiting = runWithDeadline(run, { clock, milliseconds: 10, timedOut, signal: outer.signal });
    outer.abort(new Error("leave"));
    await assert.rejects(waiting, /leave/);
    assert.match(String(own?.reason), /leave/);
    assert.equal(clock.pending, 0);
    assert.equal(removed.mock.callCount(), 1);
  });

  test("does not begin work when the outer signal is aborted already", async () => {
    const clock = createFakeClock();
    const signal = AbortSignal.abort(new Error("before"));
    const run = (): void => assert.fail("must not run");
    await assert.rejects(runWithDeadline(run, { clock, milliseconds: 10, timedOut, signal }), /before/);
    assert.equal(clock.pending, 0);
  });
});
