import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Context, Secret, isPlinthError, runInContext } from "#src/core/mod";
import type { LogLevel } from "#src/log/contract";
import { type LoggerOptions, type RootLogger, createLogger } from "#src/log/logger";
import { type MemorySink, createMemorySink } from "#src/log/memory-sink";
import { REDACTED, Redaction, SENSITIVE_NAMES } from "#src/log/redaction";
import { createFakeClock } from "#src/testing/fake-clock";

const LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal"];
const CONTEXT: Context = {
  id: "request-1",
  operation: "/orders/:id",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  deadline: Infinity,
  signal: new AbortController().signal,
};

function create(options: Partial<LoggerOptions> = {}): { log: RootLogger; sink: MemorySink } {
  const sink = createMemorySink();
  return { log: createLogger({ sink, clock: createFakeClock(), ...options }), sink };
}

function rest(sink: MemorySink, index = 0): Record<string, unknown> {
  const { "@timestamp": _time, level: _level, ...fields } = sink.entries().at(index) ?? {};
  return fields;
}

describe("a logger", () => {
  test("writes one JSON line: level, time, base, fields, message", () => {
    const { log, sink } = create({ base: { service: "shop", env: "test" } });
    log.info({ order: 17 }, "paid");
    assert.deepEqual(sink.lines, [
      '{"level":"info","@timestamp":"2026-01-01T00:00:00.000Z","service":"shop","env":"test","order":17,"message":"paid"}\n',
    ]);
  });

  test("takes a message alone, fields alone, an error alone", () => {
    const { log, sink } = create();
    log.info("hello");
    log.info({ a: 1 });
    log.error(new TypeError("bad"));
    log.error({ error: new TypeError("worse"), a: 2 });
    log.error({ error: new TypeError("worst") }, "said otherwise");
    assert.deepEqual(rest(sink, 0), { message: "hello" });
    assert.deepEqual(rest(sink, 1), { a: 1 });
    assert.deepEqual(
      sink.entries().map((entry) => entry["message"]),
      ["hello", undefined, "bad", "worse", "said otherwise"],
    );
    assert.equal((rest(sink, 2)["error"] as { type: string }).type, "TypeError");
  });

  test("writes each level from its threshold on, and nothing when silent", () => {
    for (const [index, threshold] of [...LEVELS, "silent" as const].entries()) {
      const { log, sink } = create({ level: threshold });
      for (const level of LEVELS) {
        log[level]("x");
        assert.equal(log.isEnabled(level), LEVELS.indexOf(level) >= index);
      }
      assert.deepEqual(
        sink.entries().map((entry) => entry["level"]),
        LEVELS.slice(index),
      );
    }
    assert.equal(create().log.level, "info");
  });

  test("has methods that may be handed around", () => {
    const { log, sink } = create();
    const { warn } = log;
    warn("detached");
    assert.equal(sink.lines.length, 1);
  });

  test("adds the fields of children, the innermost winning, each name once", () => {
    const { log, sink } = create({ base: { service: "shop", a: 0 } });
    const child = log.child({ a: 1, b: 1 }).child({ b: 2 });
    child.info({ c: 3 }, "x");
    child.info({ a: 9, service: "own" }, "x");
    assert.deepEqual(rest(sink, 0), { service: "shop", a: 1, b: 2, c: 3, message: "x" });
    assert.deepEqual(rest(sink, 1), { service: "own", a: 9, b: 2, message: "x" });
    for (const line of sink.lines) assert.equal(line.match(/"a":/g)?.length, 1);
  });

  test("reads a child's fields once, when it is made", () => {
    let reads = 0;
    const { log, sink } = create();
    const fields = {
      get count(): number {
        return ++reads;
      },
    };
    const child = log.child(fields);
    child.info("x");
    child.info("y");
    assert.equal(reads, 1);
    assert.equal(rest(sink, 1)["count"], 1);
  });

  test("changes its children's level with its own, except where one has its own", () => {
    const { log, sink } = create();
    const child = log.child({ a: 1 });
    const grandchild = child.child({ b: 1 });
    const own = log.child({});
    own.level = "error";
    log.level = "debug";
    grandchild.debug("now");
    own.info("no");
    child.level = "silent";
    grandchild.fatal("no");
    log.debug("yes");
    assert.deepEqual(
      sink.entries().map((entry) => entry["message"]),
      ["now", "yes"],
    );
    assert.equal(grandchild.level, "silent");
  });

  test("refuses levels and limits that make no sense", () => {
    const { log } = create();
    assert.throws(
      () => create({ level: "loud" as LogLevel }),
      (error) => isPlinthError(error, "E_LOG_LEVEL_INVALID"),
    );
    assert.throws(
      () => {
        log.level = "loud" as LogLevel;
      },
      (error) => isPlinthError(error, "E_LOG_LEVEL_INVALID"),
    );
    assert.throws(
      () => create({ maxLine: "1023b" }),
      (error) => isPlinthError(error, "E_LOG_LINE_LIMIT_INVALID"),
    );
  });

  test("flushes its sink after a fatal line", () => {
    const events: string[] = [];
    const sink = { write: () => events.push("write"), flushSync: () => events.push("flush"), dropped: 0 };
    const { log } = create({ sink });
    log.error("a");
    log.fatal("b");
    assert.deepEqual(events, ["write", "write", "flush"]);
  });

  test("survives a sink that throws", () => {
    const fail = (): never => {
      throw new Error("sink");
    };
    const { log } = create({ sink: { write: fail, flushSync: fail, dropped: 0 } });
    log.info("x");
    log.fatal("x");
    log.flush();
    assert.equal(log.level, "info");
  });

  test("may be used by what it logs, while it logs", () => {
    const { log, sink } = create();
    log.info({ get inner() { log.warn({ x: 1 }, "inner"); return 1; }, after: 2 }, "outer"); // prettier-ignore
    assert.deepEqual(
      [rest(sink, 0), rest(sink, 1)],
      [
        { x: 1, message: "inner" },
        { inner: 1, after: 2, message: "outer" },
      ],
    );
  });

  test("does not take fields for an HTTP request because they look like one", () => {
    const { log, sink } = create();
    log.info({ method: "GET", headers: { a: 1 }, socket: 1 }, "x");
    assert.deepEqual(rest(sink), { method: "GET", headers: { a: 1 }, socket: 1, message: "x" });
  });

  test("does not take a message for a format", () => {
    const { log, sink } = create();
    log.info("100%d %s %o %%");
    assert.equal(rest(sink)["message"], "100%d %s %o %%");
  });
});

describe("the context", () => {
  test("is on every line of its request or job, and on no other", () => {
    const { log, sink } = create();
    runInContext(CONTEXT, () => log.info({ a: 1 }, "inside"));
    log.info("outside");
    assert.deepEqual(rest(sink, 0), {
      requestId: "request-1",
      trace_id: CONTEXT.traceId,
      span_id: CONTEXT.spanId,
      a: 1,
      message: "inside",
    });
    assert.deepEqual(rest(sink, 1), { message: "outside" });
  });

  test("gives way to fields of its names, and never writes one twice", () => {
    const { log, sink } = create();
    const child = log.child({ requestId: "child" });
    runInContext(CONTEXT, () => {
      child.info({ trace_id: "own" }, "x");
      child.info({ requestId: "own" }, "x");
    });
    assert.deepEqual(rest(sink, 0), { requestId: "child", trace_id: "own", span_id: CONTEXT.spanId, message: "x" });
    assert.equal(rest(sink, 1)["requestId"], "own");
    for (const line of sink.lines) assert.equal(line.match(/requestId/g)?.length, 1);
  });
});

describe("a line", () => {
  test("is no longer than the limit, whatever its characters, and stays JSON", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", minLength: 500, maxLength: 3_000 }),
      fc.constantFrom("é".repeat(5_000), "\u0000".repeat(5_000), '"'.repeat(5_000), "😀".repeat(5_000), "\uD800".repeat(5_000)),
    );
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 5 }), text, text, (fields, message, base) => {
        const { log, sink } = create({ maxLine: "2kb", base: { base } });
        log.info(fields, message);
        log
          .child(fields)
          .child({ second: base })
          .child({ third: base })
          .info({ ...fields, error: new Error(message) }, message);
        assert.equal(sink.entries().length, 2);
        for (const line of sink.lines) assert.ok(Buffer.byteLength(line) <= 2_048, `${Buffer.byteLength(line)} bytes`);
      }),
      { numRuns: 60 },
    );
  });

  test("marks what is missing and keeps what fits", () => {
    const { log, sink } = create();
    log.info({ big: "x".repeat(100_000), id: 7 }, "m".repeat(100_000));
    assert.match(rest(sink)["big"] as string, /^x{10000,}…\[\d+ more\]$/);
    assert.equal(rest(sink)["id"], 7);
    assert.match(rest(sink)["message"] as string, /^m{10000,}…\[\d+ more\]$/);
  });

  test("that has no room for its own fields says at least that", () => {
    const { log, sink } = create({ maxLine: "1kb" });
    let child: Pick<RootLogger, "child" | "info"> = log;
    for (let depth = 0; depth < 20; depth++) child = child.child({ [`field${depth}`]: "y".repeat(40) });
    child.info({ a: 1 }, "still said");
    assert.deepEqual(rest(sink), { truncated: true, message: "still said" });
  });

  test("is exactly one, and JSON, for any fields and any message", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(
        fc.oneof(fc.dictionary(fc.string({ unit: "binary" }), anything), anything),
        fc.oneof(fc.string({ unit: "binary" }), anything),
        (fields, message) => {
          const { log, sink } = create({ base: { service: "s" } });
          log.info(fields as object, message as string);
          assert.equal(sink.lines.length, 1);
          const line = sink.lines[0] as string;
          assert.equal(line.indexOf("\n"), line.length - 1);
          assert.ok(!line.includes("\r"));
          const entry = JSON.parse(line) as Record<string, unknown>;
          assert.equal(entry["level"], "info");
          assert.equal(entry["@timestamp"], "2026-01-01T00:00:00.000Z");
          if (typeof message === "string" && message.length < 1_000) {
            const said = typeof fields === "object" && fields !== null ? message : (fields ?? message);
            if (typeof said === "string") assert.equal(entry["message"], said);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("has no name twice, for any overlap of base, child, context and fields", () => {
    const fields = fc.dictionary(
      fc.constantFrom("a", "b", "@timestamp", "level_", "level", "requestId", "span_id", "1", "__proto__"),
      fc.nat(9),
    );
    fc.assert(
      fc.property(fields, fields, fields, fc.boolean(), (base, inner, own, inContext) => {
        const { log, sink } = create({ base });
        const write = (): void => log.child(inner).info(own, "x");
        if (inContext) runInContext(CONTEXT, write);
        else write();
        const names = [...(sink.lines[0] as string).matchAll(/[{,]"([^"]+)":/g)].map((match) => match[1]);
        assert.equal(new Set(names).size, names.length);
      }),
    );
  });
});

describe("redaction in a logger", () => {
  test("hides every sensitive value of any object, and only those", () => {
    const secret = "hunter2-hunter2";
    const leaf = fc.oneof(fc.constant("visible"), fc.nat());
    const name = fc.constantFrom("a", "b", "user", "items");
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(name, tie("tree"), { maxKeys: 3 }),
      ),
    }));
    const holder = fc.constantFrom(...SENSITIVE_NAMES, "custom");
    fc.assert(
      fc.property(tree, holder, fc.constantFrom(secret, [secret], { deep: { secret } }), (visible, name, value) => {
        const { log, sink } = create({ redact: ["custom"] });
        const hidden = { [name]: value, tree: visible, wrapped: new Secret(secret) };
        log.child({ inChild: [hidden] }).info({ hidden, error: new Error("x", { cause: hidden }) }, "x");
        assert.ok(!sink.lines[0]?.includes(secret));
        assert.ok(sink.lines[0]?.includes(REDACTED));
      }),
    );
  });

  test("may be extended while the logger is in use", () => {
    const redaction = new Redaction();
    const { log, sink } = create({ redact: redaction });
    log.info({ plate: "ABC123" });
    redaction.add(["plate"]);
    log.info({ plate: "ABC123" });
    assert.deepEqual(rest(sink, 0), { plate: "ABC123" });
    assert.deepEqual(rest(sink, 1), { plate: REDACTED });
  });
});
