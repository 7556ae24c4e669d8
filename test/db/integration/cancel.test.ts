import assert from "node:assert/strict";
import { describe } from "node:test";
import { type Context, callInContext, systemClock } from "#src/core/mod";
import { type Database, createDatabase, sql } from "#src/db/mod";
import { testEngines } from "#src/testing/services/test-engines";
import { running, sleep } from "../support/long-statement.ts";

const servers = ["postgres", "mysql"] as const;

/** A context as the http room makes it: its signal comes to be when somebody asks for it. */
function createContext(deadline = Infinity): { context: Context; controller: AbortController; asked: () => boolean } {
  const controller = new AbortController();
  let asked = false;
  const context: Context = {
    id: "request-1",
    operation: "/slow",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    deadline,
    get signal() {
      asked = true;
      return controller.signal;
    },
  };
  return { context, controller, asked: () => asked };
}

async function waitUntil(holds: () => Promise<boolean>, milliseconds: number): Promise<number> {
  const begun = performance.now();
  while (!(await holds())) assert.ok(performance.now() - begun < milliseconds, `not within ${milliseconds} ms`);
  return performance.now() - begun;
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** Runs with a second database, from which the first is watched. */
async function withObserver(
  url: string,
  run: (db: Database<object>, observer: Database<object>) => Promise<void>,
): Promise<void> {
  const [db, observer] = [createDatabase<object>({ url, connections: 2 }), createDatabase<object>({ url, connections: 2 })];
  try {
    await running(observer);
    await run(db, observer);
  } finally {
    await Promise.all([db.stop?.(AbortSignal.timeout(1_000)), observer.stop?.(AbortSignal.timeout(1_000))]);
  }
}

describe("a statement that is no longer wanted", () => {
  testEngines(
    "ends on the server when its caller leaves, and the connection lives on",
    ({ url }) =>
      withObserver(url, async (db, observer) => {
        const took = await bestOf(async () => {
          const { context, controller } = createContext();
          const work = callInContext(context, () => sleep(db, 30).then(() => undefined, codeOf), undefined);
          await waitUntil(async () => (await running(observer)) === 1, 5_000);
          controller.abort();
          const milliseconds = await waitUntil(async () => (await running(observer)) === 0, 2_000);
          assert.equal(await work, "E_DB_CANCELLED");
          return milliseconds;
        });
        assert.ok(took < LIMIT, `took ${took} ms`);
        await sql`select 1`.execute(db.query);
        assert.equal(db.pool.open, 1);
      }),
    servers,
  );

  testEngines(
    "ends on the server when the deadline passes",
    ({ url }) =>
      withObserver(url, async (db, observer) => {
        await sql`select 1`.execute(db.query);
        const late = await bestOf(async () => {
          const deadline = systemClock.monotonic() + 400;
          const work = callInContext(
            createContext(deadline).context,
            () => sleep(db, 30).then(() => undefined, codeOf),
            undefined,
          );
          await waitUntil(async () => (await running(observer)) === 1, 5_000);
          await waitUntil(async () => (await running(observer)) === 0, 2_000);
          const milliseconds = systemClock.monotonic() - deadline;
          assert.equal(await work, "E_DB_STATEMENT_TIMEOUT");
          return milliseconds;
        });
        assert.ok(late < LIMIT, `${late} ms late`);
        assert.equal(db.pool.idle, 1);
      }),
    servers,
  );

  testEngines(
    "ends by the statement time-out without any context",
    async ({ url }) => {
      const db = createDatabase<object>({ url, statementTimeout: "100ms" });
      await assert.rejects(sleep(db, 30), { code: "E_DB_STATEMENT_TIMEOUT", status: 504 });
      await sql`select 1`.execute(db.query);
      assert.equal(db.pool.open, 1);
      await db.stop?.(AbortSignal.timeout(1_000));
    },
    servers,
  );

  testEngines(
    "costs a transaction, which is rolled back",
    async ({ url }) => {
      const db = createDatabase<{ kept: { id: number } }>({ url, statementTimeout: "200ms" });
      await db.query.schema.createTable("kept").addColumn("id", "integer").execute();
      const work = db.transaction(async (tx) => {
        await tx.query.insertInto("kept").values({ id: 1 }).execute();
        await sleep(db as never, 30);
      });
      await assert.rejects(work, { code: "E_DB_STATEMENT_TIMEOUT" });
      assert.deepEqual(await db.query.selectFrom("kept").selectAll().execute(), []);
      await db.stop?.(AbortSignal.timeout(1_000));
    },
    servers,
  );

  testEngines(
    "is not even sent when its deadline has passed",
    async ({ url }) => {
      const db = createDatabase<object>({ url });
      const past = createContext(systemClock.monotonic() - 1).context;
      const work = callInContext(past, () => sql`select 1`.execute(db.query), undefined);
      await assert.rejects(work, (error) => ["E_DB_STATEMENT_TIMEOUT", "E_DB_POOL_EXHAUSTED"].includes(String(codeOf(error))));
      await db.stop?.(AbortSignal.timeout(1_000));
    },
    ["sqlite", ...servers],
  );

  testEngines("asks nobody for a signal while statements are quick", async ({ url }) => {
    const db = createDatabase<object>({ url });
    await sql`select 1`.execute(db.query);
    const { context, asked } = createContext();
    let slowest = 0;
    await callInContext(
      context,
      async () => {
        for (let index = 0; index < 5; index += 1) {
          const begun = performance.now();
          await sql`select 1`.execute(db.query);
          slowest = Math.max(slowest, performance.now() - begun);
        }
      },
      undefined,
    );
    assert.ok(!asked() || slowest > 9, "a controller was made for nothing");
    await db.stop?.(AbortSignal.timeout(1_000));
  });

  testEngines(
    "never takes a later statement with it",
    async ({ url }) => {
      const db = createDatabase<object>({ url, connections: 2, acquireTimeout: "10s" });
      const attempt = async (nonce: number): Promise<void> => {
        const { context, controller } = createContext();
        const isQuick = nonce % 2 === 0;
        const statement = (): Promise<unknown> => (isQuick ? echo(db, nonce) : sleep(db, 5));
        const leave = setTimeout(() => controller.abort(), Math.random() * 40);
        const outcome = await callInContext(context, () => statement().catch(codeOf), undefined);
        clearTimeout(leave);
        // MySQL's sleep may answer 1 when it is killed, instead of failing.
        const isWoken = !isQuick && typeof outcome === "object";
        assert.ok(outcome === nonce || outcome === "E_DB_CANCELLED" || isWoken, String(outcome));
        // Whoever comes next, without a context, has nothing to do with it.
        assert.equal(await echo(db, -nonce), -nonce);
      };
      const worker = async (first: number): Promise<void> => {
        for (let round = 0; round < 25; round += 1) await attempt(first + round);
      };
      await Promise.all([1_000, 2_001, 3_000, 4_001].map(worker));
      assert.equal(db.pool.waiting, 0);
      await db.stop?.(AbortSignal.timeout(1_000));
    },
    servers,
  );
});

async function echo(db: Database<object>, nonce: number): Promise<number> {
  const { rows } = await sql<{ nonce: number | string }>`select ${sql.lit(nonce)} as nonce`.execute(db.query);
  return Number(rows[0]?.nonce);
}

/** Milliseconds in which a statement must be gone from the server's own list. */
const LIMIT = 50;

/** The best of a few attempts, because the machine may be busy with other things. */
async function bestOf(attempt: () => Promise<number>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 8 && best >= LIMIT; round += 1) best = Math.min(best, await attempt());
  return best;
}
