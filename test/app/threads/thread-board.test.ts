import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ThreadBoard } from "#src/app/threads/thread-board";

/** The thread's view and the supervisor's, of the same memory. */
function createBoards(): { thread: ThreadBoard; supervisor: ThreadBoard } {
  const segment = new SharedArrayBuffer(ThreadBoard.BYTES);
  return { thread: new ThreadBoard(segment), supervisor: new ThreadBoard(segment) };
}

describe("thread board", () => {
  test("tells how long the event loop has not turned", () => {
    const { thread, supervisor } = createBoards();
    thread.beat(1_000);
    assert.equal(supervisor.silence(1_000), 0);
    assert.equal(supervisor.silence(4_500), 3_500);
  });

  test("is right also where 32 bits of milliseconds wrap", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.nat(1_000_000), (beat, passed) => {
        const { thread, supervisor } = createBoards();
        thread.beat(beat);
        assert.equal(supervisor.silence(beat + passed), passed);
      }),
    );
  });

  test("suspects the plan whose code runs, else every plan with requests under way", () => {
    const { thread, supervisor } = createBoards();
    assert.deepEqual(supervisor.suspects(), []);
    for (const plan of [0, 3, 3]) thread.started(plan);
    assert.deepEqual(supervisor.suspects(), [0, 3]);
    thread.entered(3);
    assert.deepEqual(supervisor.suspects(), [3]);
    thread.left();
    thread.finished(0);
    thread.finished(3);
    assert.deepEqual(supervisor.suspects(), [3]);
    assert.equal(supervisor.inFlight, 1);
    for (const plan of [0, 9_999]) thread.started(plan);
    assert.deepEqual(supervisor.underWay, [
      [0, 1],
      [3, 1],
      [Infinity, 1],
    ]);
  });

  test("counts what is under way, whatever the number of plans", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5_000), { maxLength: 50 }), (plans) => {
        const { thread, supervisor } = createBoards();
        for (const plan of plans) thread.started(plan);
        assert.equal(supervisor.inFlight, plans.length);
        for (const plan of plans) thread.finished(plan);
        assert.equal(supervisor.inFlight, 0);
        assert.deepEqual(supervisor.suspects(), []);
      }),
    );
  });

  test("is clear for the next thread", () => {
    const { thread, supervisor } = createBoards();
    thread.started(1);
    thread.entered(1);
    supervisor.clear();
    assert.deepEqual([supervisor.inFlight, supervisor.suspects()], [0, []]);
  });
});
