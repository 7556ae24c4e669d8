import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { flaky } from "#src/testing/chaos/flaky";
import { createFakeClock } from "#src/testing/fake-clock";

interface Store {
  readonly name: string;
  get(key: string): Promise<number>;
  add(key: string, count: number): Promise<number>;
  size(): number;
}

class MemoryStore implements Store {
  readonly name = "memory";
  readonly #values = new Map<string, number>();

  async get(key: string): Promise<number> {
    return this.#values.get(key) ?? 0;
  }

  async add(key: string, count: number): Promise<number> {
    const value = (await this.get(key)) + count;
    this.#values.set(key, value);
    return value;
  }

  size(): number {
    return this.#values.size;
  }
}

const LOST = { code: "E_TESTING_CALL_LOST" };
const ASYNC = ["get", "add"] as const;

/** Which of a hundred calls were lost. */
async function losses(store: Store): Promise<readonly number[]> {
  const calls = Array.from({ length: 100 }, (_, index) =>
    store.add(`${index}`, 1).then(
      () => -1,
      () => index,
    ),
  );
  return (await Promise.all(calls)).filter((index) => index >= 0);
}

describe("flaky service", () => {
  test("is the service itself without faults, private members and all", async () => {
    const { service } = flaky<Store>(new MemoryStore(), { only: ASYNC });
    assert.equal(await service.add("a", 2), 2);
    assert.equal(await service.add("a", 1), 3);
    assert.equal(await service.get("a"), 3);
    assert.equal(service.size(), 1);
    assert.equal(service.name, "memory");
  });

  test("loses every call at loss 1, before it reaches the service", async () => {
    const store = new MemoryStore();
    const { service } = flaky<Store>(store, { only: ASYNC, loss: 1 });
    await assert.rejects(service.add("a", 1), { ...LOST, message: /"add" .* before it reached the service/ });
    assert.equal(store.size(), 0);
  });

  test("loses every answer at answer loss 1, when the service has carried it out", async () => {
    const store = new MemoryStore();
    const { service } = flaky<Store>(store, { only: ASYNC, answerLoss: 1 });
    await assert.rejects(service.add("a", 1), { ...LOST, message: /"add" .* after the service had carried it out/ });
    assert.equal(await store.get("a"), 1);
  });

  test("loses its share of the calls, the same with the same seed", async () => {
    const lostWith = (seed: number): Promise<readonly number[]> =>
      losses(flaky<Store>(new MemoryStore(), { only: ASYNC, loss: 0.2, answerLoss: 0.1, seed }).service);
    const lost = await lostWith(7);
    assert.ok(lost.length > 15 && lost.length < 45, `${lost.length} of 100`);
    assert.deepEqual(await lostWith(7), lost);
    assert.notDeepEqual(await lostWith(8), lost);
  });

  test("counts its calls and those that it lost", async () => {
    const line = flaky<Store>(new MemoryStore(), { only: ASYNC, loss: 0.5 });
    const lost = await losses(line.service);
    assert.equal(line.calls, 100);
    assert.equal(line.lost, lost.length);
  });

  test("fails otherwise after a change, and no more after an empty one", async () => {
    const line = flaky<Store>(new MemoryStore(), { only: ASYNC, loss: 1 });
    await assert.rejects(line.service.get("a"), LOST);
    line.change({ answerLoss: 1 });
    await assert.rejects(line.service.add("a", 1), LOST);
    line.change({});
    assert.equal(await line.service.get("a"), 1);
  });

  test("delays a call by its latency", async () => {
    const clock = createFakeClock();
    const store = new MemoryStore();
    const { service } = flaky<Store>(store, { only: ASYNC, latency: "50ms", clock });
    const answer = service.add("a", 1);
    clock.advance(49);
    await Promise.resolve();
    assert.equal(store.size(), 0);
    clock.advance(1);
    assert.equal(await answer, 1);
  });

  test("delays between two durations", async () => {
    const clock = createFakeClock();
    const { service } = flaky<Store>(new MemoryStore(), { only: ASYNC, latency: ["10ms", "20ms"], clock });
    const ended: number[] = [];
    const all = Array.from({ length: 50 }, () => service.get("a").then(() => ended.push(clock.monotonic())));
    const start = clock.monotonic();
    while (clock.pending > 0) {
      clock.advance(1);
      // Each step is seen by the calls that it ends.
      await new Promise(setImmediate);
    }
    await Promise.all(all);
    const waits = ended.map((end) => end - start);
    assert.ok(Math.min(...waits) >= 10 && Math.max(...waits) <= 20, waits.join());
    assert.ok(new Set(waits).size > 4, waits.join());
  });

  test("waits in real time without a clock, though nothing else keeps the process alive", async () => {
    const { service } = flaky<Store>(new MemoryStore(), { only: ASYNC, latency: "5ms" });
    const start = performance.now();
    await service.get("a");
    assert.ok(performance.now() - start >= 4);
  });

  test("passes the service's own errors on", async () => {
    const { service } = flaky({ fail: (): Promise<void> => Promise.reject(new TypeError("own")) });
    await assert.rejects(service.fail(), { name: "TypeError", message: "own" });
  });

  test("leaves methods that are not named as they are, also symbols", async () => {
    const disposed: string[] = [];
    const { service } = flaky(
      {
        async get(): Promise<number> {
          return 1;
        },
        async put(): Promise<number> {
          return 2;
        },
        [Symbol.dispose](): void {
          disposed.push("yes");
        },
      },
      { only: ["get"], loss: 1 },
    );
    await assert.rejects(service.get(), LOST);
    assert.equal(await service.put(), 2);
    service[Symbol.dispose]();
    assert.deepEqual(disposed, ["yes"]);
  });
});
