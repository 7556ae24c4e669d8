import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createThreadCrew } from "#src/app/threads/thread-crew";
import type { ThreadSlot } from "#src/app/threads/thread-slot";
import { createFakeClock } from "#src/testing/fake-clock";

interface FakeSlot {
  readonly slot: ThreadSlot;
  readonly calls: string[];
  failures: readonly string[];
  runaway: boolean;
}

function createSlot(name: string, outcome: { start?: Error; drained?: boolean } = {}): FakeSlot {
  const calls: string[] = [];
  const fake: Omit<FakeSlot, "slot"> = { calls, failures: [], runaway: false };
  const slot = {
    name,
    role: "http",
    routes: [],
    metrics: [[name, new SharedArrayBuffer(8)]],
    get hasRunaway() {
      return fake.runaway;
    },
    start: () => {
      calls.push("start");
      return outcome.start === undefined ? Promise.resolve() : Promise.reject(outcome.start);
    },
    watch: () => calls.push("watch"),
    check: () => Promise.resolve(fake.failures),
    drain: (timeout: number) => {
      calls.push(`drain ${timeout}`);
      return Promise.resolve(outcome.drained ?? true);
    },
  };
  return Object.assign(fake, { slot: slot as unknown as ThreadSlot });
}

describe("crew of threads", () => {
  test("is ready when every thread has started", async () => {
    const [one, two] = [createSlot("http-0"), createSlot("http-1")];
    const crew = createThreadCrew({ slots: [one.slot, two.slot], clock: createFakeClock() });
    one.failures = ["thread is starting"];
    assert.deepEqual(await crew.readiness(), { ready: false, state: "starting", failures: { "http-0": ["thread is starting"] } });
    one.failures = [];
    await crew.start();
    assert.deepEqual(await crew.readiness(), { ready: true, state: "ready", failures: {} });
    assert.deepEqual([...crew.segments().keys()], ["http-0", "http-1"]);
  });

  test("stays ready while one thread fails, and fails with the last", async () => {
    const [one, two] = [createSlot("http-0"), createSlot("http-1")];
    const crew = createThreadCrew({ slots: [one.slot, two.slot], clock: createFakeClock() });
    await crew.start();
    one.failures = ["db: gone"];
    assert.deepEqual(await crew.readiness(), { ready: true, state: "ready", failures: { "http-0": ["db: gone"] } });
    two.failures = ["db: gone"];
    const { ready, state } = await crew.readiness();
    assert.deepEqual([ready, state], [false, "failing"]);
  });

  test("whose one thread does not start drains the others and reports the first error", async () => {
    const fault = new Error("no start");
    const [one, two] = [createSlot("http-0"), createSlot("http-1", { start: fault })];
    const clock = createFakeClock();
    await assert.rejects(createThreadCrew({ slots: [one.slot, two.slot], clock }).start(), fault);
    assert.deepEqual(
      [one.calls, two.calls],
      [
        ["start", "drain 0"],
        ["start", "drain 0"],
      ],
    );
    clock.advance(10_000);
    assert.ok(!one.calls.includes("watch"), "nothing is watched that never served");
  });

  test("watches its threads until it has drained", async () => {
    const one = createSlot("http-0");
    const clock = createFakeClock();
    const crew = createThreadCrew({ slots: [one.slot], clock });
    await crew.start();
    clock.advance(1_000);
    const watched = one.calls.filter((call) => call === "watch").length;
    assert.ok(watched >= 4, String(watched));
    assert.equal(await crew.drain(500), true);
    clock.advance(1_000);
    assert.equal(one.calls.filter((call) => call === "watch").length, watched);
    assert.ok(one.calls.includes("drain 500"));
  });

  test("has ended in time only if every thread has", async () => {
    const slots = [createSlot("http-0"), createSlot("http-1", { drained: false })];
    const crew = createThreadCrew({ slots: slots.map(({ slot }) => slot), clock: createFakeClock() });
    await crew.start();
    assert.equal(await crew.drain(1), false);
  });

  test("is hopeless while a thread cannot be ended", () => {
    const one = createSlot("http-0");
    const crew = createThreadCrew({ slots: [one.slot], clock: createFakeClock() });
    assert.deepEqual(crew.hopeless(), []);
    one.runaway = true;
    assert.deepEqual(crew.hopeless(), ["a thread of http-0 cannot be ended"]);
  });
});
