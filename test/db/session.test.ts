import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Context, declareThreadCount, runInContext } from "#src/core/mod";
import { type DatabaseOptions, type QueryFinished, createDatabase, poolChanged, queryFinished, sql } from "#src/db/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { EngineError, createFakeDriver } from "./support/fake-driver.ts";

function open(options: DatabaseOptions = {}) {
  const [driver, clock] = [createFakeDriver(), createFakeClock()];
  const lines: (readonly [object, string])[] = [];
  const warn = (fields: object, message: string): unknown => lines.push([fields, message]);
  const db = createDatabase<object>({ driver, clock, log: { warn, error: warn } as never, ...options });
  return { driver, clock, lines, db, run: (text = "select 1") => sql.raw(text).execute(db.query) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const hang = (): Promise<void> => new Promise(() => undefined);
const contextOf = (parts: Partial<Context>): Context =>
  ({ id: "request-1", deadline: Infinity, signal: new AbortController().signal, ...parts }) as Context;

describe("the guard around a statement", () => {
  test("ends it by its time-out and keeps the connection", async () => {
    const { db, driver, clock, run } = open({ statementTimeout: "1s" });
    driver.before = hang;
    const failed = assert.rejects(run(), { code: "E_DB_STATEMENT_TIMEOUT", status: 504, message: /1000 ms/ });
    await turn();
    clock.advance(1_010);
    await failed;
    assert.deepEqual(driver.calls, ["select 1", "cancel"]);
    assert.equal(db.pool.idle, 1);
  });

  test("ends it by the context's deadline, when that is sooner", async () => {
    const { clock, driver, run } = open();
    driver.before = hang;
    const failed = assert.rejects(
      runInContext(contextOf({ deadline: clock.monotonic() + 200 }), () => run()),
      { code: "E_DB_STATEMENT_TIMEOUT", message: /200 ms/ },
    );
    await turn();
    clock.advance(210);
    await failed;
  });

  test("waits for the cancel to be taken before the connection goes to somebody else", async () => {
    const { db, driver, clock, run } = open({ statementTimeout: "1s", connections: 2 });
    const taken = Promise.withResolvers<void>();
    driver.before = (call) => (call === "slow" ? hang() : undefined);
    driver.onCancel = () => {
      driver.fail(new EngineError("cancelled"));
      return taken.promise;
    };
    const failed = assert.rejects(run("slow"), { code: "E_DB_STATEMENT_TIMEOUT" });
    await turn();
    clock.advance(1_010);
    await turn();
    assert.equal(db.pool.idle, 0, "the cancel is still on its way");
    taken.resolve();
    await failed;
    assert.equal(db.pool.idle, 1);
  });

  test("gives the result of one that was done before its cancel, and lets the cancel hit a probe", async () => {
    const { driver, clock, run } = open({ statementTimeout: "1s" });
    const done = Promise.withResolvers<void>();
    driver.before = (call) => (call === "late" ? done.promise : undefined);
    driver.onCancel = () => done.resolve();
    const work = run("late");
    await turn();
    clock.advance(1_010);
    assert.deepEqual((await work).rows, []);
    assert.deepEqual(driver.calls, ["late", "cancel", "select 1"]);
  });

  test("lets a cancel hit a probe also when the statement had failed by itself", async () => {
    const { driver, clock, run } = open({ statementTimeout: "1s" });
    driver.before = (call) => (call === "late" ? hang() : undefined);
    driver.onCancel = () => driver.fail(new EngineError("unique"));
    const failed = assert.rejects(run("late"), { code: "E_DB_UNIQUE_VIOLATION" });
    await turn();
    clock.advance(1_010);
    await failed;
    assert.deepEqual(driver.calls, ["late", "cancel", "select 1"]);
  });

  test("throws the connection away when the server does not end the statement, or takes no cancel", async () => {
    for (const onCancel of [hang, () => Promise.reject(new Error("no way there"))]) {
      const { db, driver, clock, run } = open({ statementTimeout: "1s" });
      driver.before = hang;
      driver.onCancel = onCancel;
      const failed = assert.rejects(run(), { code: "E_DB_STATEMENT_TIMEOUT" });
      await turn();
      clock.advance(1_010);
      await turn();
      clock.advance(1_000);
      if (onCancel !== hang) await failed;
      assert.ok(driver.calls.includes("destroy"));
      assert.equal(db.pool.idle, 0);
    }
  });

  test("keeps the engine's error as the cause", async () => {
    const { driver, run } = open();
    const cause = new EngineError("other");
    driver.before = () => {
      throw cause;
    };
    await assert.rejects(run(), { code: "E_DB_QUERY_FAILED", cause });
  });

  test("logs a slow statement with its text, and never its values", async () => {
    const { db, driver, clock, lines } = open({ slowQuery: "500ms" });
    driver.before = () => clock.advance(500);
    await sql`select ${"hunter2"}`.execute(db.query);
    assert.deepEqual(lines, [[{ sql: "select ?", rows: 0, durationMs: 500 }, "A statement was slow."]]);
    driver.before = () => clock.advance(499);
    await sql`select ${"hunter2"}`.execute(db.query);
    assert.equal(lines.length, 1);
  });

  test("announces how it ended, without its values", async () => {
    const { db, driver, clock } = open({ name: "main" });
    const seen: QueryFinished[] = [];
    const unsubscribe = queryFinished.subscribe((message) => seen.push(message));
    driver.before = (call) => {
      clock.advance(5);
      if (call.startsWith("bad")) throw new EngineError("unique");
    };
    await runInContext(contextOf({}), () => sql`select ${"hunter2"}`.execute(db.query));
    await sql`bad`.execute(db.query).catch(() => undefined);
    unsubscribe();
    const common = { database: "main", dialect: "sqlite", rows: 0, milliseconds: 5 };
    assert.deepEqual(seen, [
      { ...common, sql: "select ?", errorCode: undefined, requestId: "request-1" },
      { ...common, sql: "bad", errorCode: "E_DB_UNIQUE_VIOLATION", requestId: undefined },
    ]);
  });

  test("adds the trace as a comment when it is told to, and nothing else whatever the trace says", async () => {
    const { driver, run } = open({ sqlComments: true });
    const spanId = "b7ad6b7169203331";
    await runInContext(contextOf({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId }), () => run());
    await runInContext(contextOf({ traceId: "*/ drop table users; /*aaaaaaaaaaa", spanId }), () => run());
    await run();
    assert.deepEqual(driver.calls, [
      "select 1 /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/",
      "select 1",
      "select 1",
    ]);
  });

  test("keeps no timer while nothing runs", async () => {
    const { clock, run } = open();
    await run();
    clock.advance(100);
    const pending = clock.pending;
    for (let index = 0; index < 10; index += 1) await run();
    clock.advance(20);
    assert.equal(clock.pending, pending);
  });
});

describe("a database", () => {
  test("shares its connections out among threads, and keeps two at least", (t) => {
    const size = (options: DatabaseOptions): number => open(options).db.pool.size;
    assert.equal(size({}), 20);
    assert.equal(size({ threads: 4 }), 5);
    declareThreadCount(4);
    t.after(() => declareThreadCount(1));
    assert.equal(size({}), 5, "as many as run the app");
    assert.equal(size({ threads: 1 }), 20);
    assert.equal(size({ threads: 16 }), 2);
    assert.equal(size({ connections: 64, threads: 4 }), 16);
    for (const options of [{ connections: 0 }, { threads: -1 }, { threads: 1.5 }])
      assert.throws(() => size(options), { code: "E_DB_OPTION_INVALID" });
  });

  test("needs a URL or a driver, and replicas of its own kind", () => {
    assert.throws(() => createDatabase({}), { code: "E_DB_OPTION_INVALID" });
    assert.throws(() => createDatabase({ url: "sqlite::memory:", replicaUrls: ["postgres://h/d"] }), {
      code: "E_DB_OPTION_INVALID",
    });
    assert.throws(() => createDatabase({ url: "sqlite::memory:", acquireTimeout: "soon" as never }), {
      code: "E_CORE_DURATION_INVALID",
    });
  });

  test("announces its pool", async () => {
    const { run } = open({ name: "main" });
    const seen: object[] = [];
    const unsubscribe = poolChanged.subscribe((message) => seen.push(message));
    await run();
    unsubscribe();
    assert.deepEqual(seen.at(-1), { database: "main", pool: "primary", open: 1, idle: 0, waiting: 0, size: 20 });
  });

  test("throws a connection away on which somebody has left a transaction open", async () => {
    const { db, driver } = open();
    await db.query.connection().execute(async (one) => {
      await sql`select 1`.execute(one);
      await one.startTransaction().execute();
    });
    assert.equal(db.pool.open, 0);
    assert.ok(driver.calls.includes("destroy"));
  });

  test("answers a check when it can, and throws the reason when it cannot", async () => {
    const { db, driver } = open();
    await db.check?.(AbortSignal.timeout(1_000));
    driver.before = () => {
      throw new EngineError("unavailable");
    };
    await assert.rejects(async () => db.check?.(AbortSignal.timeout(1_000)), { code: "E_DB_UNAVAILABLE" });
  });
});
