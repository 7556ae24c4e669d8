import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isPlinthError } from "#src/core/mod";
import { createAccessLog } from "#src/log/access-log";
import type { AccessEvent, Logger } from "#src/log/contract";
import { type LoggerOptions, createLogger } from "#src/log/logger";
import { type MemorySink, createMemorySink } from "#src/log/memory-sink";
import { createFakeClock } from "#src/testing/fake-clock";

const EVENT: AccessEvent = {
  requestId: "r-1",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  method: "GET",
  route: "/files/:id",
  path: "/files/7",
  status: 200,
  durationMs: 3.20741,
  bytesIn: 0,
  bytesOut: 120,
  address: "203.0.113.7",
  principal: "u-1",
  userAgent: "curl/8",
  outcome: "ok",
};

function create(options: Partial<LoggerOptions> = {}): { sink: MemorySink; log: Logger; access: (event: AccessEvent) => void } {
  const sink = createMemorySink();
  const log = createLogger({ sink, clock: createFakeClock(), ...options });
  return { sink, log, access: createAccessLog({ logger: log }) };
}

/** The event as fields of the logger's own line. */
function toFields(event: AccessEvent): object {
  const { traceId, spanId, errorCode, durationMs } = event;
  return {
    requestId: event.requestId,
    trace_id: traceId,
    span_id: spanId,
    method: event.method,
    route: event.route,
    path: event.path,
    status: event.status,
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    bytesIn: event.bytesIn,
    bytesOut: event.bytesOut,
    address: event.address,
    principal: event.principal,
    userAgent: event.userAgent,
    outcome: event.outcome,
    error: errorCode === undefined ? undefined : { code: errorCode },
    counters: event.counters,
  };
}

describe("the access log", () => {
  test("writes one wide line per request", () => {
    const { sink, access } = create({ base: { service: "shop" } });
    access({ ...EVENT, errorCode: "E_X_Y", counters: { dbQueries: 2, dbMs: 1.5 } });
    assert.deepEqual(sink.lines, [
      '{"level":"info","@timestamp":"2026-01-01T00:00:00.000Z","service":"shop","requestId":"r-1",' +
        '"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","method":"GET","route":"/files/:id","path":"/files/7",' +
        '"status":200,"durationMs":3.207,"bytesIn":0,"bytesOut":120,"address":"203.0.113.7","principal":"u-1","userAgent":"curl/8",' +
        '"outcome":"ok","error":{"code":"E_X_Y"},"counters":{"dbQueries":2,"dbMs":1.5},"message":"request"}\n',
    ]);
  });

  test("writes the bytes that the logger would write, for any event", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const optional = fc.option(text, { nil: undefined });
    const number = fc.oneof(fc.nat(), fc.double());
    const event = fc.record({
      requestId: text,
      traceId: text,
      spanId: optional,
      method: text,
      route: text.filter((route) => !route.includes(":")),
      path: text.filter((path) => !/[?#]/.test(path)),
      status: fc.integer({ min: 100, max: 499 }),
      durationMs: number,
      bytesIn: number,
      bytesOut: number,
      address: text,
      principal: optional,
      userAgent: optional,
      outcome: fc.constantFrom("ok", "client_error", "aborted"),
      errorCode: optional,
      counters: fc.option(fc.dictionary(fc.stringMatching(/^[a-z]{2,9}Ms$/), number), { nil: undefined }),
    });
    fc.assert(
      fc.property(event as fc.Arbitrary<AccessEvent>, (event) => {
        const { sink, log, access } = create({ base: { service: "shop", thread: "http-1" } });
        access(event);
        log.info(toFields(event), "request");
        assert.equal(sink.lines[0], sink.lines[1]);
      }),
      { numRuns: 300 },
    );
  });

  test("is of level error from 500 on, and follows the logger's threshold as it is now", () => {
    const { sink, log, access } = create();
    access({ ...EVENT, status: 499 });
    access({ ...EVENT, status: 500 });
    log.level = "warn";
    access(EVENT);
    access({ ...EVENT, status: 503 });
    assert.deepEqual(
      sink.entries().map(({ level, status }) => [level, status]),
      [
        ["info", 499],
        ["error", 500],
        ["error", 503],
      ],
    );
  });

  test("never writes a query, nor a sensitive parameter", () => {
    const { sink, access } = create({ redact: ["share"] });
    access({ ...EVENT, path: "/files/7?token=s3cret#s3cret" });
    access({ ...EVENT, route: "/reset/:token", path: "/reset/s3cret" });
    access({ ...EVENT, route: "/l/:share/:page", path: "/l/s3cret/2?x=s3cret" });
    access({ ...EVENT, route: "", path: "/anything?s3cret" });
    assert.ok(!sink.lines.join("").includes("s3cret"));
    assert.deepEqual(
      sink.entries().map((entry) => entry["path"]),
      ["/files/7", "/reset/[redacted]", "/l/[redacted]/2", "/anything"],
    );
  });

  test("cuts a method also when a route has the same name", () => {
    const { sink, access } = create();
    const long = "x".repeat(400);
    access({ ...EVENT, route: long });
    access({ ...EVENT, method: long });
    const [first, second] = sink.entries() as readonly { readonly route: string; readonly method: string }[];
    assert.equal(first?.route, long);
    assert.ok((second?.method.length ?? 400) < 300);
  });

  test("spells a method once, however many others callers have made up before", (t) => {
    const { access } = create();
    for (let index = 0; index < 1_100; index += 1) access({ ...EVENT, method: `MADE-UP-${index}` });
    const stringify = t.mock.method(JSON, "stringify");
    for (let index = 0; index < 10; index += 1) access({ ...EVENT, method: "PROPFIND" });
    const spelled = stringify.mock.calls.filter(({ arguments: [text] }) => text === "PROPFIND");
    assert.ok(spelled.length <= 2, `${spelled.length} times`);
  });

  test("bounds what callers send", () => {
    const { sink, access } = create();
    const counters = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${"n".repeat(300)}${index}`, index]));
    const long = "\u0001".repeat(20_000);
    access({
      ...EVENT,
      requestId: long,
      route: long,
      path: long,
      userAgent: long,
      principal: long,
      address: long,
      errorCode: long,
      counters,
    });
    assert.equal(sink.entries().length, 1);
    assert.ok((sink.lines[0] as string).length < 65_536);
  });

  test("names nothing twice when the logger has fields of its own", () => {
    const sink = createMemorySink();
    const log = createLogger({ sink }).child({ requestId: "outer", route: "outer", thread: "t" });
    createAccessLog({ logger: log })(EVENT);
    assert.equal(sink.lines[0]?.match(/"requestId"/g)?.length, 1);
    assert.equal(sink.entries()[0]?.["route"], "/files/:id");
    assert.equal(sink.entries()[0]?.["thread"], "t");
  });

  test("survives an event that breaks its type, and a sink that throws", () => {
    const { sink, access } = create();
    access({ ...EVENT, path: undefined as unknown as string });
    assert.equal(sink.lines.length, 0);
    const fail = (): never => {
      throw new Error("sink");
    };
    create({ sink: { write: fail, flushSync: fail, dropped: 0 } }).access(EVENT);
  });

  test("refuses a logger that it cannot write lines for", () => {
    const { log } = create();
    assert.throws(
      () => createAccessLog({ logger: { ...log } }),
      (error) => isPlinthError(error, "E_LOG_LOGGER_FOREIGN"),
    );
  });
});
