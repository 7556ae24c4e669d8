import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Context, runInContext } from "#src/core/mod";
import { createAccessLog } from "#src/log/access-log";
import type { AccessEvent } from "#src/log/contract";
import { type DebugScope, DebugScopes } from "#src/log/debug-scopes";
import { createLogger } from "#src/log/logger";
import { createMemorySink } from "#src/log/memory-sink";

const CONTEXT: Context & { principalId: string | undefined } = {
  id: "r-1",
  operation: "/files/:id",
  principalId: undefined,
  address: "203.0.113.7",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  deadline: Infinity,
  signal: new AbortController().signal,
};

/** Messages that a logger at `warn` writes for a request while these scopes are set. */
function written(scopes: readonly DebugScope[], context: Context | null = CONTEXT): readonly string[] {
  const sink = createMemorySink();
  const debugScopes = new DebugScopes();
  const log = createLogger({ sink, level: "warn", scopes: debugScopes });
  const child = log.child({ part: "db" });
  child.level = "error";
  debugScopes.set(scopes);
  const speak = (): void => {
    log.trace("trace");
    log.debug("debug");
    log.warn("warn");
    child.debug("child");
  };
  if (context === null) speak();
  else runInContext(context, speak);
  return sink.lines.map((line) => (JSON.parse(line) as { message: string }).message);
}

describe("a debug scope", () => {
  test("lets lines of its requests through, at its level, also past a child's own", () => {
    assert.deepEqual(written([]), ["warn"]);
    assert.deepEqual(written([{ route: "/files/:id", level: "debug" }]), ["debug", "warn", "child"]);
    assert.deepEqual(written([{ requestId: "r-1", level: "trace" }]), ["trace", "debug", "warn", "child"]);
    assert.deepEqual(written([{ address: "203.0.113.7", level: "debug" }]), ["debug", "warn", "child"]);
  });

  test("takes no request of which anything differs, and no line outside of one", () => {
    for (const part of [{ route: "/files" }, { requestId: "r-2" }, { address: "203.0.113.8" }, { principal: "u1" }]) {
      assert.deepEqual(written([{ ...part, level: "debug" }]), ["warn"], JSON.stringify(part));
    }
    assert.deepEqual(written([{ route: "/files/:id", address: "203.0.113.8", level: "debug" }]), ["warn"]);
    assert.deepEqual(written([{ route: "/files/:id", level: "debug" }], null), ["warn"]);
  });

  test("by principal begins when the principal is known", () => {
    const sink = createMemorySink();
    const scopes = new DebugScopes();
    const log = createLogger({ sink, scopes });
    scopes.set([{ principal: "u1", level: "debug" }]);
    const context = { ...CONTEXT };
    runInContext(context, () => {
      log.debug("before");
      context.principalId = "u1";
      log.debug("after");
    });
    assert.equal(sink.lines.length, 1);
    assert.match(sink.lines[0] ?? "", /"message":"after"/);
  });

  test("is one of several: any of them lets a line through, each at its own level", () => {
    const scopes: DebugScope[] = [
      { route: "/other", level: "trace" },
      { requestId: "r-1", level: "debug" },
    ];
    assert.deepEqual(written(scopes), ["debug", "warn", "child"]);
  });

  test("lets the access line of its requests through a threshold that keeps others out", () => {
    const sink = createMemorySink();
    const scopes = new DebugScopes();
    const access = createAccessLog({ logger: createLogger({ sink, level: "warn", scopes }) });
    const event: AccessEvent = {
      requestId: "r-1",
      traceId: CONTEXT.traceId,
      method: "GET",
      route: "/files/:id",
      path: "/files/7",
      status: 200,
      durationMs: 1,
      bytesIn: 0,
      bytesOut: 0,
      address: "203.0.113.7",
      principal: "u1",
      outcome: "ok",
    };
    access(event);
    scopes.set([{ principal: "u1", level: "debug" }]);
    access({ ...event, requestId: "r-2" });
    access({ ...event, requestId: "r-3", principal: "u2" });
    assert.deepEqual(
      sink.lines.map((line) => (JSON.parse(line) as { requestId: string }).requestId),
      ["r-2"],
    );
  });
});
