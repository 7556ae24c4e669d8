import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DeadlineQueue, DeadlineTable, type Expiring } from "#src/http/pipeline/deadline";
import { createFakeClock } from "#src/testing/fake-clock";

interface Entry extends Expiring {
  readonly name: number;
}

function createEntry(name: number, expired: number[]): Entry {
  return { name, deadline: Infinity, previous: null, next: null, expire: () => void expired.push(name) };
}

describe("a deadline queue", () => {
  it("expires entries when they are due, in the order they came", () => {
    const clock = createFakeClock();
    const queue = new DeadlineQueue(clock, 100);
    const expired: number[] = [];
    for (const name of [1, 2, 3]) {
      const entry = createEntry(name, expired);
      queue.add(entry, clock.monotonic());
      assert.equal(entry.deadline, clock.monotonic() + 100);
      clock.advance(10);
    }
    clock.advance(69);
    assert.deepEqual(expired, []);
    clock.advance(1);
    assert.deepEqual(expired, [1]);
    clock.advance(20);
    assert.deepEqual(expired, [1, 2, 3]);
    assert.equal(clock.pending, 0);
  });

  it("has one timer, however many wait, and none when nobody does", () => {
    const clock = createFakeClock();
    const queue = new DeadlineQueue(clock, 100);
    const entries = Array.from({ length: 1_000 }, (_, name) => createEntry(name, []));
    for (const entry of entries) queue.add(entry, clock.monotonic());
    assert.equal(clock.pending, 1);
    for (const entry of entries) queue.remove(entry);
    clock.advance(100);
    assert.equal(clock.pending, 0);
  });

  it("arms its timer again after it stood empty", () => {
    const clock = createFakeClock();
    const queue = new DeadlineQueue(clock, 100);
    const expired: number[] = [];
    queue.add(createEntry(1, expired), clock.monotonic());
    clock.advance(100);
    queue.add(createEntry(2, expired), clock.monotonic());
    clock.advance(100);
    assert.deepEqual(expired, [1, 2]);
  });

  it("lets an entry be removed twice, and one that never was in it", () => {
    const clock = createFakeClock();
    const queue = new DeadlineQueue(clock, 100);
    const expired: number[] = [];
    const [first, second, stranger] = [createEntry(1, expired), createEntry(2, expired), createEntry(3, expired)];
    queue.add(first, clock.monotonic());
    queue.add(second, clock.monotonic());
    queue.remove(first);
    queue.remove(first);
    queue.remove(stranger);
    clock.advance(100);
    assert.deepEqual(expired, [2]);
  });

  it("expires exactly those that are still in it, whatever came and went", () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant("add" as const) }),
      fc.record({ kind: fc.constant("remove" as const), which: fc.nat(30) }),
      fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(70) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const clock = createFakeClock();
        const queue = new DeadlineQueue(clock, 100);
        const expired: number[] = [];
        const entries: { readonly entry: Entry; readonly due: number; gone: boolean }[] = [];
        for (const step of actions) {
          if (step.kind === "wait") clock.advance(step.ms);
          if (step.kind === "add") {
            const entry = createEntry(entries.length, expired);
            entries.push({ entry, due: clock.monotonic() + 100, gone: false });
            queue.add(entry, clock.monotonic());
          }
          const chosen = step.kind === "remove" ? entries[step.which] : undefined;
          if (chosen !== undefined && chosen.due > clock.monotonic()) {
            queue.remove(chosen.entry);
            chosen.gone = true;
          }
        }
        const due = entries.filter((one) => !one.gone && one.due <= clock.monotonic()).map((one) => one.entry.name);
        assert.deepEqual(expired, due);
      }),
    );
  });
});

describe("deadlines by length", () => {
  it("share a queue when they are equally long", () => {
    const table = new DeadlineTable(createFakeClock());
    assert.equal(table.queueFor("30s"), table.queueFor("30000ms"));
    assert.notEqual(table.queueFor("30s"), table.queueFor("31s"));
  });

  it("are none when they are 0", () => {
    assert.equal(new DeadlineTable(createFakeClock()).queueFor("0s"), null);
  });
});
