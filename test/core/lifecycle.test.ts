import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Duration } from "#src/core/duration";
import { type PlinthError, isPlinthError } from "#src/core/error";
import { errors } from "#src/core/errors";
import { type Service, ServiceGroup, isService } from "#src/core/lifecycle";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";

const forever = (): Promise<void> => new Promise(() => undefined);
const fail = (text: string) => (): never => {
  throw new Error(text);
};
const withCode = (code: string) => (error: unknown) => isPlinthError(error, code);

/** A service that writes down what is asked of it. */
function record(log: string[], name: string, dependsOn: readonly string[] = [], over: Partial<Service> = {}): Service {
  return {
    name,
    dependsOn,
    start: () => void log.push(`start ${name}`),
    stop: () => void log.push(`stop ${name}`),
    ...over,
  };
}

/** Lets everything that is ready happen, then moves the clock. */
async function advance(clock: FakeClock, milliseconds: number): Promise<void> {
  await new Promise(setImmediate);
  clock.advance(milliseconds);
  await new Promise(setImmediate);
}

describe("service group: order", () => {
  test("starts dependencies first and stops dependents first, whatever the order given", async () => {
    const log: string[] = [];
    const group = new ServiceGroup([record(log, "api", ["cache", "db"]), record(log, "cache", ["db"]), record(log, "db")]);
    await group.start();
    await group.stop();
    assert.deepEqual(log, ["start db", "start cache", "start api", "stop api", "stop cache", "stop db"]);
  });

  test("starts independent services together", async () => {
    const gate = Promise.withResolvers<void>();
    const meet = { start: () => gate.promise };
    const group = new ServiceGroup([
      { name: "waits", ...meet },
      { name: "frees", start: () => gate.resolve() },
    ]);
    await group.start();
    assert.equal((await group.check()).length, 2);
  });

  test("holds for any graph without cycles: up only after what it needs, down only before", async () => {
    const graph = fc.integer({ min: 1, max: 8 }).chain((size) =>
      fc.tuple(
        fc.tuple(
          ...Array.from({ length: size }, (_, index) => fc.uniqueArray(fc.nat(Math.max(index - 1, 0)), { maxLength: index })),
        ),
        fc.shuffledSubarray(
          Array.from({ length: size }, (_, index) => index),
          { minLength: size },
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(graph, async ([needs, order]) => {
        const log: string[] = [];
        const services = needs.map((indexes, index) =>
          record(
            log,
            `s${index}`,
            indexes.map((need) => `s${need}`),
          ),
        );
        const group = new ServiceGroup(order.map((index) => services[index] as Service));
        await group.start();
        await group.stop();
        assert.equal(log.length, services.length * 2);
        for (const { name, dependsOn = [] } of services) {
          for (const need of dependsOn) {
            assert.ok(log.indexOf(`start ${need}`) < log.indexOf(`start ${name}`));
            assert.ok(log.indexOf(`stop ${name}`) < log.indexOf(`stop ${need}`));
          }
        }
      }),
    );
  });

  test("refuses two services of one name, unknown dependencies, and circles with their path", () => {
    assert.throws(() => new ServiceGroup([{ name: "a" }, { name: "a" }]), withCode("E_CORE_SERVICE_DUPLICATE"));
    assert.throws(() => new ServiceGroup([{ name: "a", dependsOn: ["b"] }]), withCode("E_CORE_SERVICE_UNKNOWN"));
    assert.throws(() => new ServiceGroup([{ name: "a", dependsOn: ["a"] }]), /a -> a/);
    const circle = [
      { name: "in", dependsOn: ["x"] },
      { name: "x", dependsOn: ["y"] },
      { name: "y", dependsOn: ["z"] },
      { name: "z", dependsOn: ["x"] },
    ];
    assert.throws(
      () => new ServiceGroup(circle),
      (error) => withCode("E_CORE_SERVICE_CYCLE")(error) && (error as Error).message.includes(": x -> y -> z -> x."),
    );
  });

  test("refuses a time-out that is none when it is made, not when it matters", () => {
    const none = "soon" as Duration;
    assert.throws(() => new ServiceGroup([{ name: "a", startTimeout: none }]), withCode("E_CORE_DURATION_INVALID"));
    assert.throws(() => new ServiceGroup([{ name: "a", stopTimeout: none }]), withCode("E_CORE_DURATION_INVALID"));
  });

  test("takes services that can do nothing, and none at all", async () => {
    for (const services of [[], [{ name: "idle" }]]) {
      const group = new ServiceGroup(services);
      await group.start();
      await group.check();
      await group.stop();
    }
  });
});

describe("service group: start", () => {
  test("stops what had started, the half-started service too, and never touches later levels", async () => {
    const log: string[] = [];
    const group = new ServiceGroup([
      record(log, "db"),
      record(log, "cache", ["db"], { start: fail("refused") }),
      record(log, "mail", ["db"]),
      record(log, "api", ["cache"]),
    ]);
    await assert.rejects(group.start(), (error) => {
      assert.ok(isPlinthError(error, "E_CORE_START_FAILED"));
      assert.match(error.message, /"cache" did not start: refused/);
      return (error.cause as Error).message === "refused";
    });
    assert.deepEqual(log, ["start db", "start mail", "stop cache", "stop mail", "stop db"]);
  });

  test("waits for the services of the same level before it stops them", async () => {
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const slow = record(log, "slow", [], { start: () => gate.promise.then(() => void log.push("slow is up")) });
    const starting = new ServiceGroup([slow, { name: "bad", start: fail("refused") }]).start();
    await new Promise(setImmediate);
    gate.resolve();
    await assert.rejects(starting, withCode("E_CORE_START_FAILED"));
    assert.deepEqual(log, ["slow is up", "stop slow"]);
  });

  test("reports a Plinth error as it is", async () => {
    const own = errors.SIZE_INVALID({ text: "x" });
    const group = new ServiceGroup([{ name: "a", start: () => Promise.reject(own) }]);
    await assert.rejects(group.start(), (error) => error === own);
  });

  test("gives up a service that hangs, aborts its signal, and stops it", async () => {
    const clock = createFakeClock();
    const log: string[] = [];
    const hang = (signal: AbortSignal): Promise<void> => {
      signal.addEventListener("abort", () => log.push(`aborted: ${(signal.reason as PlinthError).code}`));
      return forever();
    };
    const group = new ServiceGroup([record(log, "slow", [], { startTimeout: "5s", start: hang })], { clock });
    const starting = assert.rejects(group.start(), withCode("E_CORE_START_TIMEOUT"));
    await advance(clock, 4_999);
    assert.deepEqual(log, []);
    await advance(clock, 1);
    await starting;
    assert.deepEqual(log, ["aborted: E_CORE_START_TIMEOUT", "stop slow"]);
    assert.equal(clock.pending, 0);
  });

  test("waits 30 s for a service that does not say otherwise", async () => {
    const clock = createFakeClock();
    const starting = assert.rejects(new ServiceGroup([{ name: "a", start: forever }], { clock }).start(), /30000 ms/);
    await advance(clock, 30_000);
    await starting;
  });

  test("reports the failed start even when stopping fails as well", async () => {
    const group = new ServiceGroup([{ name: "a", start: fail("first"), stop: fail("second") }]);
    await assert.rejects(group.start(), /did not start: first/);
  });

  test("starts once when asked twice", async () => {
    const log: string[] = [];
    const group = new ServiceGroup([record(log, "a")]);
    await Promise.all([group.start(), group.start()]);
    assert.deepEqual(log, ["start a"]);
  });

  test("can be tried again after a failure, and after a stop", async () => {
    const log: string[] = [];
    let attempts = 0;
    const flaky = record(log, "a", [], { start: () => (attempts++ === 0 ? fail("refused")() : void log.push("up")) });
    const group = new ServiceGroup([flaky]);
    await assert.rejects(group.start());
    await group.start();
    await group.stop();
    await group.start();
    assert.deepEqual(log, ["stop a", "up", "stop a", "up"]);
  });
});

describe("service group: check", () => {
  test("reports every service that is up, with its error if it has one", async () => {
    const group = new ServiceGroup([
      { name: "well" },
      { name: "throws", check: fail("broken") },
      { name: "rejects", check: () => Promise.reject(new Error("gone")) },
      { name: "odd", check: () => Promise.reject("a text") },
    ]);
    await group.start();
    const results = await group.check();
    assert.deepEqual(
      results.map(({ service, error }) => [service, error?.message]),
      [
        ["well", undefined],
        ["throws", "broken"],
        ["rejects", "gone"],
        ["odd", "A value that is no Error was thrown: a text"],
      ],
    );
  });

  test("does not wait for a service that hangs beyond its time", async () => {
    const clock = createFakeClock();
    let signal: AbortSignal | undefined;
    const hang = (given: AbortSignal): Promise<void> => ((signal = given), forever());
    const group = new ServiceGroup([{ name: "slow", check: hang }, { name: "well" }], { clock });
    await group.start();
    const checking = group.check("500ms");
    await advance(clock, 500);
    assert.deepEqual(
      (await checking).map(({ error }) => error?.message),
      ["no answer within 500ms", undefined],
    );
    assert.equal(signal?.aborted, true);
  });

  test("asks nobody before the start and after the stop", async () => {
    const group = new ServiceGroup([{ name: "a", check: fail("asked") }]);
    assert.deepEqual(await group.check(), []);
    await group.start();
    await group.stop();
    assert.deepEqual(await group.check(), []);
  });
});

describe("service group: stop", () => {
  test("goes on past services that fail or hang, and reports them all", async () => {
    const clock = createFakeClock();
    const log: string[] = [];
    const group = new ServiceGroup(
      [
        record(log, "db"),
        record(log, "hangs", ["db"], { stop: forever, stopTimeout: "1s" }),
        record(log, "fails", ["db"], { stop: fail("planned") }),
        record(log, "well", ["db"]),
      ],
      { clock },
    );
    await group.start();
    const stopping = assert.rejects(group.stop(), (error) => {
      assert.ok(isPlinthError(error, "E_CORE_STOP_FAILED"));
      assert.match(error.message, /fails, hangs/);
      const causes = (error.cause as AggregateError).errors as Error[];
      assert.deepEqual(causes.map((cause) => cause.message).sort(), ['Service "hangs" did not stop within 1000 ms.', "planned"]);
      return true;
    });
    await advance(clock, 1_000);
    await stopping;
    assert.deepEqual(log.slice(4), ["stop well", "stop db"]);
    assert.equal(clock.pending, 0);
  });

  test("waits for a level to be down before it stops the one below", async () => {
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const group = new ServiceGroup([record(log, "db"), record(log, "api", ["db"], { stop: () => gate.promise })]);
    await group.start();
    const stopping = group.stop();
    await new Promise(setImmediate);
    assert.deepEqual(log, ["start db", "start api"]);
    gate.resolve();
    await stopping;
    assert.deepEqual(log.slice(2), ["stop db"]);
  });

  test("is harmless before a start and a second time", async () => {
    const log: string[] = [];
    const group = new ServiceGroup([record(log, "a")]);
    await group.stop();
    await group.start();
    await group.stop();
    await group.stop();
    assert.deepEqual(log, ["start a", "stop a"]);
  });

  test("ends for every caller only when all is down", async () => {
    const gate = Promise.withResolvers<void>();
    const group = new ServiceGroup([{ name: "slow", stop: () => gate.promise }]);
    await group.start();
    const ended: string[] = [];
    const first = group.stop().then(() => ended.push("first"));
    const second = group.stop().then(() => ended.push("second"));
    await new Promise(setImmediate);
    assert.deepEqual(ended, []);
    gate.resolve();
    await Promise.all([first, second]);
    assert.equal(ended.length, 2);
  });

  test("gives up a start that is under way: nothing more starts, and what was started is stopped", async () => {
    const log: string[] = [];
    const hang = (signal: AbortSignal): Promise<void> => {
      signal.addEventListener("abort", () => log.push("aborted"));
      return forever();
    };
    const group = new ServiceGroup([
      record(log, "db"),
      record(log, "slow", ["db"], { start: hang }),
      record(log, "api", ["slow"]),
    ]);
    const starting = assert.rejects(group.start(), withCode("E_CORE_START_ABORTED"));
    await new Promise(setImmediate);
    await group.stop();
    await starting;
    assert.deepEqual(log, ["start db", "aborted", "stop slow", "stop db"]);
  });

  test("gives up a start between two levels too", async () => {
    const log: string[] = [];
    const group = new ServiceGroup([record(log, "db"), record(log, "api", ["db"])]);
    const starting = assert.rejects(group.start(), withCode("E_CORE_START_ABORTED"));
    await group.stop();
    await starting;
    assert.ok(!log.includes("start api"), log.join());
    assert.equal(log.filter((line) => line === "stop db").length, log.filter((line) => line === "start db").length);
  });
});

describe("isService", () => {
  test("takes an object with a name and something to do", () => {
    for (const verb of ["start", "check", "stop"]) assert.ok(isService({ name: "a", [verb]: () => undefined }));
    class Database {
      readonly name = "db";
      stop(): void {}
    }
    assert.ok(isService(new Database()));
  });

  test("refuses everything else", () => {
    for (const value of [
      null,
      undefined,
      "a",
      1,
      {},
      [],
      { name: "a" },
      { start: () => undefined },
      { name: 1, start: () => undefined },
      { name: "a", start: true },
    ]) {
      assert.equal(isService(value), false);
    }
  });
});
