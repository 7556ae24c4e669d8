import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineConformanceSuite } from "#src/testing/conformance-suite";

interface Counter extends AsyncDisposable {
  next(): number;
}

const opened: string[] = [];
const closed: string[] = [];
const counters = defineConformanceSuite<Counter>("counter", {
  "begins at one": (counter) => assert.equal(counter.next(), 1),
  "counts on": async (counter) => {
    counter.next();
    await Promise.resolve();
    assert.equal(counter.next(), 2);
  },
});

counters.run("in memory", () => {
  let count = 0;
  const name = `counter ${opened.length}`;
  opened.push(name);
  return {
    next: () => ++count,
    [Symbol.asyncDispose]: async () => {
      await Promise.resolve();
      closed.push(name);
    },
  };
});

const numbers = defineConformanceSuite<number>("number", { "is no object": (subject) => assert.equal(typeof subject, "number") });
numbers.run("opened later", () => Promise.resolve(7));

// Declared after the suite, so that its cases have run.
describe("conformance suite", () => {
  test("names its port and its behaviours", () => {
    assert.equal(counters.name, "counter");
    assert.deepEqual(counters.behaviours, ["begins at one", "counts on"]);
  });

  test("opens a subject for each case and disposes of it", () => {
    assert.deepEqual(opened, ["counter 0", "counter 1"]);
    assert.deepEqual(closed, opened);
  });
});
