import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import type { LogSink } from "#src/log/contract";
import { createDoorbell } from "#src/log/doorbell";
import { createMemorySink } from "#src/log/memory-sink";
import { createLogRing } from "#src/log/ring";
import { type RingReader, createRingReader } from "#src/log/ring-reader";
import { createRingSink } from "#src/log/ring-sink";
import { createFakeClock } from "#src/testing/fake-clock";

interface Setup {
  readonly writers: readonly LogSink[];
  readonly rings: SharedArrayBuffer[];
  readonly out: ReturnType<typeof createMemorySink>;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly reader: RingReader;
}

function create(count: number, bytes?: number): Setup {
  const doorbell = createDoorbell();
  const rings = Array.from({ length: count }, () => createLogRing(bytes));
  const out = createMemorySink();
  const clock = createFakeClock();
  const reader = createRingReader({ rings: () => rings, doorbell, sink: out, clock });
  return { writers: rings.map((ring) => createRingSink({ ring, doorbell })), rings, out, clock, reader };
}

describe("a ring reader", () => {
  test("moves all lines of all rings to its sink, one by one if the sink wants that", () => {
    const { writers, out, reader } = create(3);
    for (const [index, writer] of writers.entries()) for (const part of ["a", "ä", "c"]) writer.write(`${index}${part}\n`);
    reader.drain();
    reader.drain();
    assert.deepEqual(out.lines, ["0a\n", "0ä\n", "0c\n", "1a\n", "1ä\n", "1c\n", "2a\n", "2ä\n", "2c\n"]);
  });

  test("hands over chunks to a sink that takes them", () => {
    const { writers, rings } = create(1);
    const chunks: string[] = [];
    const sink = { ...createMemorySink(), writeChunk: (lines: Uint8Array) => chunks.push(Buffer.from(lines).toString()) };
    writers[0]?.write("a\n");
    writers[0]?.write("b\n");
    createRingReader({ rings: () => rings, doorbell: createDoorbell(), sink }).drain();
    assert.deepEqual(chunks, ["a\nb\n"]);
    assert.deepEqual(sink.lines, []);
  });

  test("reports drops once, ring by ring, and adds them up also when a ring is gone", () => {
    const { writers, rings, out, reader } = create(2, 1_024);
    for (let count = 0; count < 10; count++) for (const writer of writers) writer.write(`${"x".repeat(299)}\n`);
    reader.drain();
    assert.deepEqual(
      out.lines.filter((line) => line.includes("dropped")).map((line) => (JSON.parse(line) as { dropped: number }).dropped),
      [7, 7],
    );
    rings.pop();
    reader.drain();
    assert.equal(out.lines.length, 8);
    assert.equal(reader.dropped, 14);
  });

  test("sleeps until somebody writes, lets lines gather, and sleeps again", async () => {
    const { writers, out, clock, reader } = create(1);
    reader.start();
    await setImmediate();
    assert.equal(clock.pending, 0, "asleep");
    for (const line of ["1\n", "2\n"]) {
      writers[0]?.write(line);
      await setImmediate();
      assert.equal(clock.pending, 1, "gathering");
      const before = out.lines.length;
      clock.advance(19);
      assert.equal(out.lines.length, before);
      clock.advance(1);
      assert.equal(out.lines.at(-1), line);
      await setImmediate();
      assert.equal(clock.pending, 0);
    }
    reader.stop();
  });

  test("does not oversleep what was written before it slept", async () => {
    const { writers, out, clock, reader } = create(1);
    writers[0]?.write("early\n");
    reader.start();
    await setImmediate();
    clock.advance(20);
    assert.deepEqual(out.lines, ["early\n"]);
    reader.stop();
  });

  test("drains a last time when it stops, and then no more", async () => {
    const { writers, out, clock, reader } = create(1);
    reader.start();
    reader.start();
    writers[0]?.write("last\n");
    reader.stop();
    reader.stop();
    assert.deepEqual(out.lines, ["last\n"]);
    writers[0]?.write("after\n");
    await setImmediate();
    clock.advance(100);
    assert.deepEqual(out.lines, ["last\n"]);
  });

  test("may be stopped and started at once, and runs once", async () => {
    const { writers, clock, reader } = create(1);
    reader.start();
    reader.stop();
    reader.start();
    await setImmediate();
    clock.advance(40); // what was left of the first run ends here
    await setImmediate();
    writers[0]?.write("x\n");
    await setImmediate();
    assert.equal(clock.pending, 1);
    reader.stop();
  });
});
