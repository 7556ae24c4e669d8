import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LoopLoad } from "#src/http/overload/loop-load";
import { rankOf } from "#src/http/overload/priority";
import { createFakeClock } from "#src/testing/fake-clock";

const LOW = rankOf("low");
const NORMAL = rankOf("normal");
const HIGH = rankOf("high");

/** An event loop that is turned by hand. Each request of a turn costs what it costs when it is admitted, and nothing when not. */
function createLoop(target = 20) {
  const clock = createFakeClock();
  const changes: boolean[] = [];
  let ends: (() => void)[] = [];
  const load = new LoopLoad({
    clock,
    target,
    changed: (overloaded) => void changes.push(overloaded),
    atTurnEnd: (callback) => void ends.push(callback),
  });
  return {
    clock,
    load,
    changes,
    /** @returns which of the requests were admitted */
    turn(ranks: readonly number[], cost: number): boolean[] {
      const admitted = ranks.map((rank) => {
        const ok = load.admits(rank, clock.monotonic());
        if (ok) clock.advance(cost);
        return ok;
      });
      const ending = ends;
      ends = [];
      for (const end of ending) end();
      return admitted;
    },
    get watched(): boolean {
      return ends.length > 0;
    },
  };
}

const some = (count: number, rank = NORMAL): number[] => Array.from({ length: count }, () => rank);
const count = (admitted: readonly boolean[]): number => admitted.filter(Boolean).length;

/** A queue that does not empty: long turns until the loop is overloaded. */
function overload(loop: ReturnType<typeof createLoop>): void {
  for (let turn = 0; turn < 8; turn++) loop.turn(some(40), 2);
  assert.equal(loop.load.overloaded, true);
}

describe("an event loop", () => {
  it("that is started under a burst takes all of it", () => {
    const loop = createLoop();
    assert.equal(count(loop.turn(some(500), 0.1)), 500);
    assert.equal(loop.load.overloaded, false);
  });

  it("with one very slow request refuses nobody, neither behind it nor in the next turn", () => {
    const loop = createLoop();
    assert.equal(count(loop.turn(some(1), 2_000)), 1);
    assert.equal(count(loop.turn(some(300), 0.05)), 300);
    assert.equal(loop.load.overloaded, false);
  });

  it("whose turns are long now and then refuses nobody", () => {
    const loop = createLoop();
    for (let round = 0; round < 50; round++) {
      for (let turn = 0; turn < 5; turn++) assert.equal(count(loop.turn(some(40), 2)), 40);
      assert.equal(count(loop.turn(some(2), 2)), 2);
    }
    assert.deepEqual(loop.changes, []);
  });

  it("whose turns stay long is overloaded: each takes its target of work and refuses the rest", () => {
    const loop = createLoop();
    overload(loop);
    for (let turn = 0; turn < 20; turn++) {
      const admitted = loop.turn(some(100), 2);
      assert.equal(count(admitted), 11); // the one that crosses the target included
      assert.deepEqual(admitted.slice(0, 11), some(11).map(Boolean));
    }
    assert.deepEqual(loop.changes, [true]);
  });

  it("takes a few requests a turn beyond its target, and one however long it is", () => {
    const loop = createLoop();
    for (let turn = 0; turn < 4; turn++) loop.turn(some(8), 150);
    assert.equal(loop.load.overloaded, true);
    assert.equal(count(loop.turn(some(20), 9)), 8);
    assert.equal(count(loop.turn(some(20), 30)), 3);
    assert.equal(count(loop.turn(some(20), 150)), 1);
  });

  it("sheds low before normal before high", () => {
    const loop = createLoop();
    overload(loop);
    loop.turn([], 0);
    loop.clock.advance(300); // what the overload held is over
    const mix = Array.from({ length: 40 }, () => [LOW, NORMAL, HIGH]).flat();
    const admitted = loop.turn(mix, 1);
    const of = (rank: number): number => count(admitted.filter((_, index) => mix[index] === rank));
    assert.ok(of(LOW) < of(NORMAL) && of(NORMAL) < of(HIGH), `${of(LOW)} ${of(NORMAL)} ${of(HIGH)}`);
  });

  it("takes nobody of a rank while requests of a higher one had to be refused, and again soon after", () => {
    const loop = createLoop();
    overload(loop);
    loop.turn(some(40), 2);
    assert.deepEqual(loop.turn([LOW, NORMAL, HIGH], 1), [false, true, true]);
    loop.clock.advance(250);
    assert.deepEqual(loop.turn([LOW, NORMAL, HIGH], 1), [true, true, true]);
  });

  it("recovers within a second, and says so once", () => {
    const loop = createLoop();
    overload(loop);
    const end = loop.clock.monotonic();
    while (loop.load.overloaded) {
      loop.turn(some(3), 1);
      loop.clock.advance(10);
    }
    assert.ok(loop.clock.monotonic() - end <= 1_000);
    assert.deepEqual(loop.changes, [true, false]);
    assert.equal(count(loop.turn(some(100), 1)), 100);
    assert.equal(loop.clock.pending, 0);
  });

  it("recovers also when no more requests come", () => {
    const loop = createLoop();
    overload(loop);
    loop.turn([], 0);
    loop.clock.advance(1_000);
    assert.equal(loop.load.overloaded, false);
    assert.equal(loop.clock.pending, 0);
  });

  it("does not flap while the overload lasts", () => {
    const loop = createLoop();
    overload(loop);
    for (let turn = 0; turn < 200; turn++) loop.turn(some(14), 2);
    assert.deepEqual(loop.changes, [true]);
  });

  it("stops looking once it is idle, and does not take waiting for work", () => {
    const loop = createLoop();
    for (let round = 0; round < 50; round++) {
      loop.turn(some(1), 1);
      assert.equal(loop.watched, false);
      loop.clock.advance(500);
    }
    assert.deepEqual(loop.changes, []);
  });

  it("counts work between two turns that was no request", () => {
    const loop = createLoop();
    overload(loop);
    assert.equal(loop.watched, true);
    loop.clock.advance(30); // timers and answers of a database
    assert.equal(count(loop.turn(some(20), 1)), 8);
  });
});
