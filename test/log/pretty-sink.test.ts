import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { describe, test } from "node:test";
import { createLogger } from "#src/log/logger";
import { type MemorySink, createMemorySink } from "#src/log/memory-sink";
import { createPrettySink } from "#src/log/pretty-sink";
import { createFakeClock } from "#src/testing/fake-clock";

function create(colors = false): { log: ReturnType<typeof createLogger>; out: MemorySink } {
  const out = createMemorySink();
  return { log: createLogger({ sink: createPrettySink(out, { colors }), clock: createFakeClock(), level: "trace" }), out };
}

describe("the pretty sink", () => {
  test("writes time, level, message and fields for people", () => {
    const { log, out } = create();
    log.warn({ order: 17, who: "Ann B", plain: "x", list: [1] }, "paid");
    assert.deepEqual(out.lines, ['00:00:00.000 WARN  paid order=17 who="Ann B" plain=x list=[1]\n']);
  });

  test("writes stacks in lines, causes and parts below what they caused", () => {
    const { log, out } = create();
    const cause = new AggregateError([new Error("part")], "inner");
    log.error(new TypeError("outer", { cause }));
    log.error({ error: { code: "E_X" } }, "short");
    const text = out.lines[0] as string;
    assert.match(text, /^00:00:00\.000 ERROR outer\n {2}TypeError: outer\n {6}at /);
    assert.match(text, /\n {4}AggregateError: inner\n/);
    assert.match(text, /\n {6}Error: part\n/);
    assert.equal(out.lines[1], "00:00:00.000 ERROR short\n  E_X\n");
  });

  test("colours only when it may, and then changes nothing else", () => {
    const plain = create(false);
    const coloured = create(true);
    for (const { log } of [plain, coloured]) for (const level of ["trace", "info", "fatal"] as const) log[level]({ a: 1 }, "x");
    assert.ok(coloured.out.lines.every((line) => line.includes("\u001B[")));
    assert.deepEqual(coloured.out.lines.map(stripVTControlCharacters), plain.out.lines);
  });

  test("lets no control character of a logged text reach the terminal", () => {
    const { log, out } = create();
    log.info({ "k\u001B": "\u001B[2J\u009B1m", nested: ["\u0007"] }, "a\r\nb\u001B]0;title\u0007");
    log.error({ error: { message: "\u001B[31m" } }, "x");
    const text = out.lines.join("");
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(text, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    assert.ok(text.includes("a\\x0d\\nb\\x1b]0;title\\x07"));
  });

  test("passes on what is no JSON object, flushes, and counts with its sink", () => {
    const calls: string[] = [];
    const sink = createPrettySink(
      { write: (line) => calls.push(line), flushSync: () => calls.push("flush"), dropped: 3 },
      { colors: false },
    );
    sink.write("no json\n");
    sink.write("12\n");
    sink.flushSync();
    assert.deepEqual(calls, ["no json\n", "12\n", "flush"]);
    assert.equal(sink.dropped, 3);
  });
});
