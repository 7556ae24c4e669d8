import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { SegmentTable, isPlinthError } from "#src/core/mod";
import { Ring, createLogRing } from "#src/log/ring";

const take = (ring: Ring): string => ring.take()?.toString("utf8") ?? "";

describe("a log ring", () => {
  test("gives the reader the writer's lines in their order", () => {
    const segment = createLogRing();
    const [writer, reader] = [new Ring(segment), new Ring(segment)];
    assert.ok(reader.isEmpty);
    assert.ok(writer.push("one\n"));
    assert.ok(writer.push("zwei äöü 😀\n"));
    assert.ok(!reader.isEmpty);
    assert.equal(take(reader), "one\nzwei äöü 😀\n");
    assert.equal(take(reader), "");
    assert.ok(writer.isEmpty);
  });

  test("takes what fits to the last byte, drops what does not, and counts it", () => {
    const ring = new Ring(createLogRing(1_024)); // 960 bytes for lines
    assert.ok(ring.push(`${"x".repeat(899)}\n`));
    assert.ok(!ring.push(`${"y".repeat(60)}\n`));
    assert.ok(ring.push(`${"z".repeat(59)}\n`));
    assert.ok(!ring.push("\n"));
    assert.equal(ring.dropped, 2);
    assert.equal(take(ring).length, 960);
    assert.ok(!ring.push(`${"x".repeat(960)}\n`), "longer than the ring");
    assert.ok(ring.push(`${"x".repeat(959)}\n`));
    assert.equal(ring.dropped, 3);
  });

  test("measures characters in bytes", () => {
    const ring = new Ring(createLogRing(1_024));
    assert.ok(!ring.push(`${"é".repeat(480)}\n`));
    assert.ok(ring.push(`${"é".repeat(479)}a\n`));
    assert.equal(take(ring), `${"é".repeat(479)}a\n`);
  });

  test("starts out empty in any zeroed memory", () => {
    const segment = new SegmentTable().claimSync("log:ring:1", 4_096);
    assert.ok(new Ring(segment).push("x\n"));
    assert.equal(take(new Ring(segment)), "x\n");
  });

  test("shows nothing of a line that its writer did not finish", () => {
    const segment = createLogRing(1_024);
    const ring = new Ring(segment);
    ring.push("whole\n");
    Buffer.from(segment, 64).write("half of a li", 6); // a writer that died here had not moved the position
    assert.equal(take(ring), "whole\n");
    assert.ok(new Ring(segment).push("next\n"), "its successor goes on behind the last whole line");
    assert.equal(take(ring), "next\n");
  });

  test("refuses memory that is too small", () => {
    const tooSmall = (error: unknown): boolean => isPlinthError(error, "E_LOG_RING_TOO_SMALL");
    assert.throws(() => createLogRing(1_023), tooSmall);
    assert.throws(() => createLogRing(Number.NaN), tooSmall);
    assert.throws(() => new Ring(new SharedArrayBuffer(64)), tooSmall);
  });

  test("loses and tears nothing, whatever is written and whenever it is read", () => {
    const line = fc.oneof(fc.string({ unit: "grapheme", maxLength: 30 }), fc.string({ minLength: 200, maxLength: 700 }));
    const step = fc.oneof({ weight: 4, arbitrary: line }, { weight: 1, arbitrary: fc.constant(undefined) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1_024, max: 1_100 }), (steps, bytes) => {
        const ring = new Ring(createLogRing(bytes));
        const pushed: string[] = [];
        let dropped = 0;
        let read = "";
        for (const step of steps) {
          if (step === undefined) read += take(ring);
          else if (ring.push(`${step.replaceAll("\n", " ")}\n`)) pushed.push(`${step.replaceAll("\n", " ")}\n`);
          else dropped += 1;
        }
        read += take(ring);
        assert.equal(read, pushed.join(""));
        assert.equal(ring.dropped, dropped);
      }),
      { numRuns: 150 },
    );
  });
});
