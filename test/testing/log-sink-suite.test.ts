import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createDoorbell } from "#src/log/doorbell";
import { createMemorySink } from "#src/log/memory-sink";
import { createLogRing } from "#src/log/ring";
import { createRingReader } from "#src/log/ring-reader";
import { createRingSink } from "#src/log/ring-sink";
import { logSinkSuite } from "#src/testing/log-sink-suite";

logSinkSuite.run("memory", () => {
  const sink = createMemorySink();
  return { sink, received: () => sink.lines.join("") };
});

logSinkSuite.run("ring and its reader", () => {
  const [ring, doorbell, target] = [createLogRing(), createDoorbell(), createMemorySink()];
  const reader = createRingReader({ rings: () => [ring], doorbell, sink: target });
  const received = (): string => {
    reader.drain();
    return target.lines.join("");
  };
  return { sink: createRingSink({ ring, doorbell }), received };
});

describe("log sink suite", () => {
  test("asks for what the contract of sinks says", () => {
    assert.ok(logSinkSuite.behaviours.includes("keeps lines whole and in order"));
  });
});
