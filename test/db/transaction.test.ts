import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Context, runInContext } from "#src/core/mod";
import { type Database, type DatabaseOptions, createDatabase, currentTransaction, leaveTransaction, sql } from "#src/db/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { EngineError, type FakeDriver, createFakeDriver } from "./support/fake-driver.ts";

type Opened = { db: Database<object>; driver: FakeDriver; clock: ReturnType<typeof createFakeClock> };

function open(options: DatabaseOptions = {}): Opened {
  const [driver, clock] = [createFakeDriver(), createFakeClock()];
  return { driver, clock, db: createDatabase<object>({ driver, clock, ...options }) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const run = (db: Database<object>, text = "select 1"): Promise<unknown> => sql.raw(text).execute(db.query);

/** Moves the clock while something waits for it. */
async function settle<Result>({ clock }: Opened, work: Promise<Result>, step = 100): Promise<Result> {
  const state = { done: false };
  void work.finally(() => (state.done = true)).catch(() => undefined);
  for (let turns = 0; turns < 500 && !state.done; turns += 1) {
    await turn();
    if (!state.done) clock.advance(step);
  }
  return work;
}

/** Fails a call so many times, in whatever transaction. */
function failing(driver: FakeDriver, call: string, error: Error, times = Infinity): void {
  let left = times;
  driver.before = (name) => {
    if (name !== call || left === 0) return;
    left -= 1;
    throw error;
  };
}

describe("a transaction's retries", () => {
  for (const kind of ["deadlock", "serialization"] as const) {
    test(`run the function again after a ${kind}, tasks forgotten`, async () => {
      const opened = open();
      failing(opened.driver, "update", new EngineError(kind, true), 2);
      const done: number[] = [];
      let runs = 0;
      const work = opened.db.transaction(async (tx) => {
        const number = (runs += 1);
        tx.afterCommit(() => void done.push(number));
        await run(opened.db, "update");
        return number;
      });
      assert.equal(await settle(opened, work), 3);
      assert.deepEqual(done, [3]);
      assert.deepEqual(
        opened.driver.calls.filter((call) => call === "commit"),
        ["commit"],
      );
    });
  }

  test("also follow a serialization failure that the COMMIT brings", async () => {
    const opened = open();
    failing(opened.driver, "commit", new EngineError("serialization", true), 1);
    let runs = 0;
    await settle(
      opened,
      opened.db.transaction(async () => void (runs += 1)),
    );
    assert.equal(runs, 2);
  });

  test("end after five, with the number of attempts and a time to come back", async () => {
    const opened = open();
    failing(opened.driver, "update", new EngineError("deadlock", true));
    let runs = 0;
    const work = opened.db.transaction(async () => {
      runs += 1;
      await run(opened.db, "update");
    });
    await assert.rejects(settle(opened, work), {
      code: "E_DB_DEADLOCK",
      status: 503,
      message: /6 attempts/,
      headers: { "Retry-After": "1" },
    });
    assert.equal(runs, 6);
    assert.equal(opened.db.pool.idle, opened.db.pool.open);
  });

  test("do not follow other errors, a lost connection, or a COMMIT of unknown outcome", async () => {
    for (const [call, kind, code] of [
      ["update", "unique", "E_DB_UNIQUE_VIOLATION"],
      ["update", "lost", "E_DB_CONNECTION_LOST"],
      ["commit", "lost", "E_DB_OUTCOME_UNKNOWN"],
      ["commit", "cancelled", "E_DB_OUTCOME_UNKNOWN"],
      ["commit", "unique", "E_DB_UNIQUE_VIOLATION"],
    ] as const) {
      const opened = open();
      failing(opened.driver, call, new EngineError(kind, kind === "lost"));
      let runs = 0;
      const work = opened.db.transaction(async () => {
        runs += 1;
        await run(opened.db, "update");
      });
      await assert.rejects(settle(opened, work), { code }, `${call} ${kind}`);
      assert.equal(runs, 1);
    }
  });

  test("stop when the deadline would pass before the next one", async () => {
    const opened = open();
    failing(opened.driver, "update", new EngineError("deadlock", true));
    const work = opened.db.transaction({ deadline: "50ms", retries: 1_000 }, () => run(opened.db, "update"));
    await assert.rejects(settle(opened, work, 5), (error) =>
      ["E_DB_DEADLOCK", "E_DB_STATEMENT_TIMEOUT", "E_DB_POOL_EXHAUSTED"].includes(String((error as { code?: unknown }).code)),
    );
  });

  test("do not happen inside of a nested transaction: the outermost is run again", async () => {
    const opened = open();
    failing(opened.driver, "update", new EngineError("deadlock", true), 1);
    const order: string[] = [];
    const work = opened.db.transaction(async () => {
      order.push("outer");
      await opened.db.transaction(async () => {
        order.push("inner");
        await run(opened.db, "update");
      });
    });
    await settle(opened, work);
    assert.deepEqual(order, ["outer", "inner", "outer", "inner"]);
  });
});

describe("a transaction that the server has ended", () => {
  test("runs nothing more, and cannot be committed by a function that hid the error", async () => {
    const opened = open();
    failing(opened.driver, "update", new EngineError("unique", true), 1);
    const work = opened.db.transaction(async () => {
      await run(opened.db, "update").catch(() => undefined);
      await assert.rejects(run(opened.db, "insert"), { code: "E_DB_TRANSACTION_ABORTED" });
    });
    await assert.rejects(settle(opened, work), { code: "E_DB_TRANSACTION_ABORTED" });
    assert.deepEqual(opened.driver.calls, ["begin", "update", "rollback"]);
  });

  test("leaves its connection usable for others", async () => {
    const opened = open({ connections: 2 });
    failing(opened.driver, "update", new EngineError("unique", true), 1);
    await assert.rejects(
      settle(
        opened,
        opened.db.transaction(() => run(opened.db, "update")),
      ),
      { code: "E_DB_UNIQUE_VIOLATION" },
    );
    await opened.db.transaction(() => run(opened.db, "insert"));
    assert.equal(opened.db.pool.open, 1);
    assert.deepEqual(opened.driver.calls.slice(-3), ["begin", "insert", "commit"]);
  });
});

describe("a savepoint that cannot be made", () => {
  test("fails alone: the transaction around it goes on", async () => {
    const opened = open();
    failing(opened.driver, "savepoint plinth_1", new EngineError("other"), 1);
    await opened.db.transaction(async () => {
      await assert.rejects(
        opened.db.transaction(() => run(opened.db, "insert")),
        { code: "E_DB_QUERY_FAILED" },
      );
      await run(opened.db, "update");
    });
    assert.deepEqual(opened.driver.calls, ["begin", "savepoint plinth_1", "update", "commit"]);
  });
});

describe("a deadlock outside of a transaction", () => {
  test("is the end of its statement alone: its connection goes on", async () => {
    const opened = open();
    failing(opened.driver, "update", new EngineError("deadlock", true), 1);
    await assert.rejects(run(opened.db, "update"), { code: "E_DB_DEADLOCK" });
    await run(opened.db);
    await run(opened.db, "update");
    assert.equal(opened.db.pool.open, 1);
  });
});

describe("a transaction's end", () => {
  test("comes by itself when nothing happens in it", async () => {
    const opened = open({ transactionIdleTimeout: "1s" });
    const never = Promise.withResolvers<void>();
    const work = opened.db.transaction(async () => {
      await run(opened.db);
      await never.promise;
    });
    for (let turns = 0; turns < 20; turns += 1) await turn();
    opened.clock.advance(1_000);
    never.resolve();
    await assert.rejects(work, { code: "E_DB_TRANSACTION_IDLE", message: /1000 ms/ });
    assert.ok(opened.driver.calls.includes("destroy"));
    assert.equal(opened.db.pool.open, 0);
  });

  test("waits while statements come, however long it takes in all", async () => {
    const opened = open({ transactionIdleTimeout: "1s" });
    await opened.db.transaction(async () => {
      for (let index = 0; index < 5; index += 1) {
        opened.clock.advance(900);
        await run(opened.db);
      }
    });
    assert.equal(opened.driver.calls.at(-1), "commit");
  });

  test("is not stopped by a caller who has left, or a deadline: what was to be committed is", async () => {
    const opened = open();
    const controller = new AbortController();
    const committed = Promise.withResolvers<void>();
    opened.driver.before = (call) => (call === "commit" ? committed.promise : undefined);
    const context = { id: "1", deadline: opened.clock.monotonic() + 1_000, signal: controller.signal } as Context;
    const work = runInContext(context, () => opened.db.transaction(() => run(opened.db, "insert")));
    for (let turns = 0; turns < 10; turns += 1) await turn();
    controller.abort();
    opened.clock.advance(2_000);
    committed.resolve();
    await work;
    assert.deepEqual(opened.driver.calls, ["begin", "insert", "commit"]);
  });

  test("cuts a COMMIT that takes too long, instead of cancelling it", async () => {
    const opened = open({ statementTimeout: "1s" });
    opened.driver.before = (call) => (call === "commit" ? new Promise(() => undefined) : undefined);
    await assert.rejects(
      settle(
        opened,
        opened.db.transaction(() => run(opened.db)),
      ),
      { code: "E_DB_OUTCOME_UNKNOWN" },
    );
    assert.ok(!opened.driver.calls.includes("cancel"));
    assert.equal(opened.db.pool.open, 0);
  });

  test("is known when the connection was lost before its COMMIT was sent", async () => {
    const opened = open();
    const work = opened.db.transaction(async () => opened.driver.breakConnections());
    await assert.rejects(work, { code: "E_DB_CONNECTION_LOST" });
    assert.ok(!opened.driver.calls.includes("commit"));
    assert.equal(opened.db.pool.open, 0);
  });

  test("throws a connection away that cannot roll back", async () => {
    const opened = open();
    failing(opened.driver, "rollback", new EngineError("other"));
    await assert.rejects(
      opened.db.transaction(() => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.equal(opened.db.pool.open, 0);
  });

  test("ends statements that the function did not wait for before it rolls back", async () => {
    const opened = open();
    opened.driver.before = (call) => (call === "slow" ? new Promise(() => undefined) : undefined);
    const outcomes: unknown[] = [];
    const work = opened.db.transaction(async () => {
      for (const text of ["slow", "queued"])
        void run(opened.db, text).catch((error: { code?: unknown }) => outcomes.push(error.code));
      await turn();
      throw new Error("gave up");
    });
    await assert.rejects(settle(opened, work), /gave up/);
    assert.deepEqual(outcomes, ["E_DB_CANCELLED", "E_DB_TRANSACTION_ENDED"]);
    assert.deepEqual(opened.driver.calls, ["begin", "slow", "cancel", "rollback"]);
    assert.equal(opened.db.pool.idle, 1);
  });

  test("does not fail with a task that follows it, nor keep the next from being done", async () => {
    const lines: unknown[] = [];
    const log = { error: (fields: object) => lines.push(fields) } as never;
    const { db } = open({ log });
    const done: string[] = [];
    await db.transaction(async (tx) => {
      tx.afterCommit(() => Promise.reject(new Error("cache is away")));
      tx.afterCommit(() => void done.push("next"));
    });
    assert.deepEqual(done, ["next"]);
    assert.equal(lines.length, 1);
  });
});

describe("a transaction's scope", () => {
  test("is what other rooms see, and ends with it", async () => {
    const { db } = open();
    assert.equal(currentTransaction(), undefined);
    const seen: unknown[] = [];
    await db.transaction(async () => {
      currentTransaction()?.afterCommit(() => void seen.push(currentTransaction()));
      leaveTransaction(() => assert.equal(currentTransaction(), undefined));
    });
    assert.deepEqual(seen, [undefined]);
  });

  test("is kept apart for each database", async () => {
    const [first, second] = [open(), open()];
    await first.db.transaction(() =>
      second.db.transaction(async () => {
        await run(first.db, "for the first");
        await run(second.db, "for the second");
      }),
    );
    assert.deepEqual(first.driver.calls, ["begin", "for the first", "commit"]);
    assert.deepEqual(second.driver.calls, ["begin", "for the second", "commit"]);
  });

  test("has one isolation, which a nested transaction cannot change", async () => {
    const { db } = open();
    const work = db.transaction(() => db.transaction({ isolation: "serializable" }, async () => undefined));
    await assert.rejects(work, { code: "E_DB_OPTION_INVALID" });
    await db.transaction({ isolation: "serializable" }, () =>
      db.transaction({ isolation: "serializable" }, async () => undefined),
    );
  });

  test("does not let Kysely begin another one on its connection", async () => {
    const { db } = open();
    await assert.rejects(
      db.transaction(() => db.query.transaction().execute(async () => undefined)),
      { code: "E_DB_TRANSACTION_NESTED" },
    );
  });
});
