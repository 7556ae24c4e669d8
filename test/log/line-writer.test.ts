import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LineWriter, formatMembers } from "#src/log/line-writer";
import { type MemorySink, createMemorySink } from "#src/log/memory-sink";
import { Redaction } from "#src/log/redaction";
import { createFakeClock } from "#src/testing/fake-clock";

function create(): { lines: LineWriter; sink: MemorySink } {
  const sink = createMemorySink();
  return { sink, lines: new LineWriter({ sink, clock: createFakeClock(), redaction: new Redaction(), maxLine: 4_096 }) };
}

describe("a line writer", () => {
  test("serializes a base once, redacted and bounded, and puts it before the fields", () => {
    const { lines, sink } = create();
    const base = lines.extend({ service: "s", token: "t", long: "x".repeat(10_000) });
    assert.equal(base.members, `,"service":"s","token":"[redacted]","long":"${"x".repeat(128)}…[9872 more]"`);
    lines.write(base, "info", { a: 1 }, "m");
    assert.ok(sink.lines[0]?.endsWith(`${base.members},"a":1,"message":"m"}\n`));
  });

  test("extends a base without changing it", () => {
    const { lines } = create();
    const base = lines.extend({ a: 1 });
    assert.equal(lines.extend({ a: 2, b: 3 }, base).members, ',"a":2,"b":3');
    assert.equal(base.members, ',"a":1');
  });

  test("keeps nothing of one line for the next", () => {
    const { lines, sink } = create();
    const [one, two] = [lines.extend({ one: 1 }), lines.extend({})];
    lines.write(one, "info", { a: 1 }, "first");
    lines.write(two, "warn", undefined, "second");
    assert.deepEqual(sink.entries()[1], { level: "warn", "@timestamp": "2026-01-01T00:00:00.000Z", message: "second" });
  });

  test("members of nothing are nothing", () => {
    assert.equal(formatMembers({}), "");
    assert.equal(formatMembers({ a: "x", b: null }), ',"a":"x","b":null');
  });
});
