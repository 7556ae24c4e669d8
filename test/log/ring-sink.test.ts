import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createDoorbell } from "#src/log/doorbell";
import { Ring, createLogRing } from "#src/log/ring";
import { createRingSink } from "#src/log/ring-sink";

describe("a ring sink", () => {
  test("has a line in shared memory when write returns, and has rung", () => {
    const ring = createLogRing();
    const doorbell = createDoorbell();
    new Int32Array(doorbell)[0] = 1; // the reader sleeps
    const sink = createRingSink({ ring, doorbell });
    sink.write("x\n");
    sink.flushSync();
    assert.equal(new Ring(ring).take()?.toString(), "x\n");
    assert.equal(new Int32Array(doorbell)[0], 0);
  });

  test("counts what it dropped", () => {
    const sink = createRingSink({ ring: createLogRing(1_024), doorbell: createDoorbell() });
    for (let count = 0; count < 10; count++) sink.write(`${"x".repeat(299)}\n`);
    assert.equal(sink.dropped, 7);
  });
});
