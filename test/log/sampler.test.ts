import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isPlinthError } from "#src/core/mod";
import { createLogger } from "#src/log/logger";
import { createMemorySink } from "#src/log/memory-sink";
import { Sampler, type Sampling } from "#src/log/sampler";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";

function createSampler(sampling: Sampling): { sampler: Sampler; clock: FakeClock; reports: unknown[][] } {
  const clock = createFakeClock();
  const reports: unknown[][] = [];
  return { sampler: new Sampler({ sampling, clock, report: (...report) => reports.push(report) }), clock, reports };
}

describe("sampling", () => {
  test("admits the first lines of a window and counts the rest, each message for itself", () => {
    const { sampler, clock, reports } = createSampler({ debug: "2/1s" });
    const admitted = Array.from({ length: 5 }, () => sampler.admit("debug", "a"));
    assert.deepEqual(admitted, [true, true, false, false, false]);
    assert.ok(sampler.admit("debug", "b"));
    clock.advance(999);
    assert.deepEqual(reports, []);
    clock.advance(1);
    assert.deepEqual(reports, [["debug", "a", 3]]);
    assert.ok(sampler.admit("debug", "a"), "a new window");
  });

  test("leaves levels alone that it was not told of", () => {
    const { sampler } = createSampler({ debug: "1/1s" });
    for (let count = 0; count < 100; count++) assert.ok(sampler.admit("error", "a"));
  });

  test("reports a window that ended before the next line came", () => {
    const { sampler, clock, reports } = createSampler({ info: "1/1m" });
    sampler.admit("info", "x");
    clock.advance(30_000);
    sampler.admit("info", "y");
    sampler.admit("info", "x");
    sampler.admit("info", "y");
    clock.advance(30_000);
    assert.deepEqual(reports, [["info", "x", 1]]);
    clock.advance(30_000);
    assert.deepEqual(reports, [
      ["info", "x", 1],
      ["info", "y", 1],
    ]);
    assert.equal(clock.pending, 0);
  });

  test("reports a window that is over although its timer is late, once", () => {
    const clock = createFakeClock();
    const reports: unknown[][] = [];
    let late = 0;
    const sampler = new Sampler({
      sampling: { info: "1/1s" },
      clock: { ...clock, monotonic: () => clock.monotonic() + late },
      report: (...report) => reports.push(report),
    });
    sampler.admit("info", "x");
    sampler.admit("info", "x");
    late = 5_000;
    assert.ok(sampler.admit("info", "x"));
    assert.deepEqual(reports, [["info", "x", 1]]);
    clock.advance(1_000);
    assert.equal(reports.length, 1);
  });

  test("sets no timer while nothing is left out", () => {
    const { sampler, clock } = createSampler({ info: "5/1s" });
    sampler.admit("info", "x");
    assert.equal(clock.pending, 0);
  });

  test("remembers a bounded number of messages; the others share a window", () => {
    const { sampler, reports } = createSampler({ info: "1/1s" });
    const admitted = Array.from({ length: 3_000 }, (_, index) => sampler.admit("info", `order ${index}`)).filter(Boolean);
    assert.equal(admitted.length, 1_001);
    sampler.flush();
    assert.deepEqual(reports, [["info", "(various)", 1_999]]);
  });

  test("makes room for new messages when old windows are over", () => {
    const { sampler, clock } = createSampler({ info: "1/1s" });
    for (let index = 0; index < 1_000; index++) sampler.admit("info", `old ${index}`);
    clock.advance(1_000);
    for (let index = 0; index < 1_000; index++) assert.ok(sampler.admit("info", `new ${index}`));
  });

  test("reports what is open when it is flushed", () => {
    const { sampler, clock, reports } = createSampler({ warn: "1/1h" });
    sampler.admit("warn", "x");
    sampler.admit("warn", "x");
    sampler.flush();
    assert.deepEqual(reports, [["warn", "x", 1]]);
    assert.equal(clock.pending, 0);
  });

  test("of a logger writes a line that counts what was left out, also on the way out", () => {
    const sink = createMemorySink();
    const clock = createFakeClock();
    const log = createLogger({ sink, clock, base: { service: "s" }, sampling: { info: "3/1s" } });
    for (let index = 0; index < 10; index++) log.info({ index }, "tick");
    clock.advance(1_000);
    assert.equal(sink.lines.length, 4);
    assert.deepEqual(sink.entries()[3], {
      level: "info",
      "@timestamp": "2026-01-01T00:00:01.000Z",
      service: "s",
      suppressed: 7,
      line: "tick",
      message: "log lines suppressed",
    });
    for (let index = 0; index < 4; index++) log.info("tock");
    log.flush();
    assert.equal(sink.entries().at(-1)?.["suppressed"], 1);
  });

  test("refuses what is no rate", () => {
    assert.throws(
      () => createSampler({ info: "often" as "1/1s" }),
      (error) => isPlinthError(error, "E_CORE_RATE_INVALID"),
    );
  });
});
