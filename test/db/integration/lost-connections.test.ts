import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { describe } from "node:test";
import { type Database, createDatabase, sql } from "#src/db/mod";
import { testEngines } from "#src/testing/services/test-engines";
import { sleep } from "../support/long-statement.ts";
import { startProxy } from "../support/tcp-proxy.ts";

const servers = ["postgres", "mysql"] as const;
const ports = { postgres: 5432, mysql: 3306, sqlite: 0 };

interface Schema {
  kept: { id: number };
}

async function withDatabase(
  options: Parameters<typeof createDatabase>[0],
  run: (db: Database<Schema>) => Promise<void>,
): Promise<void> {
  const db = createDatabase<Schema>(options);
  try {
    await db.query.schema
      .createTable("kept")
      .ifNotExists()
      .addColumn("id", "integer", (column) => column.primaryKey())
      .execute();
    await run(db);
  } finally {
    await db.stop?.(AbortSignal.timeout(500));
  }
}

const kept = async (db: Database<Schema>): Promise<number[]> =>
  (await db.query.selectFrom("kept").select("id").orderBy("id").execute()).map((row) => row.id);

/** The server's id of the session that the code runs in. */
async function sessionId(db: Database<Schema>): Promise<number> {
  const question =
    db.dialect === "postgres"
      ? sql<{ id: number }>`select pg_backend_pid() as id`
      : sql<{ id: number }>`select connection_id() as id`;
  return Number((await question.execute(db.query)).rows[0]?.id);
}

async function kill(observer: Database<Schema>, id: number): Promise<void> {
  await (observer.dialect === "postgres" ? sql`select pg_terminate_backend(${id})` : sql.raw(`kill ${id}`)).execute(
    observer.query,
  );
}

describe("a connection that is lost", () => {
  testEngines(
    "in the middle of a statement is reported, thrown away and replaced",
    ({ url }) =>
      withDatabase({ url, connections: 2 }, (db) =>
        withDatabase({ url, name: "observer" }, async (observer) => {
          const id = await sessionId(db);
          const work = sleep(db as never, 30);
          const failed = assert.rejects(work, { code: "E_DB_CONNECTION_LOST", status: 503 });
          await kill(observer, id);
          await failed;
          assert.deepEqual(await kept(db), []);
          assert.notEqual(await sessionId(db), id);
          assert.deepEqual({ open: db.pool.open, idle: db.pool.idle }, { open: 1, idle: 1 });
        }),
      ),
    servers,
  );

  testEngines(
    "while nobody used it is not handed out",
    ({ url }) =>
      withDatabase({ url }, (db) =>
        withDatabase({ url, name: "observer" }, async (observer) => {
          const id = await sessionId(db);
          await kill(observer, id);
          // The server's good-bye may still be on its way: at most one caller is told of it.
          await kept(db).catch((error: unknown) => assert.equal((error as { code?: unknown }).code, "E_DB_CONNECTION_LOST"));
          assert.deepEqual(await kept(db), []);
        }),
      ),
    servers,
  );

  testEngines(
    "before the COMMIT costs the transaction and nothing else",
    ({ url }) =>
      withDatabase({ url }, (db) =>
        withDatabase({ url, name: "observer" }, async (observer) => {
          let runs = 0;
          const work = db.transaction(async (tx) => {
            runs += 1;
            await tx.query.insertInto("kept").values({ id: 1 }).execute();
            await kill(observer, await sessionId(db));
            await tx.query.insertInto("kept").values({ id: 2 }).execute();
          });
          await assert.rejects(work, { code: "E_DB_CONNECTION_LOST" });
          assert.equal(runs, 1);
          assert.deepEqual(await kept(db), []);
          assert.equal(db.pool.open, db.pool.idle);
        }),
      ),
    servers,
  );

  testEngines(
    "during the COMMIT leaves its outcome unknown, and is not tried again",
    async ({ url, engine }) => {
      await using proxy = await startProxy(url, ports[engine]);
      await withDatabase({ url: proxy.url }, async (db) => {
        let runs = 0;
        proxy.cutAfter("commit");
        const work = db.transaction(async (tx) => {
          runs += 1;
          await tx.query.insertInto("kept").values({ id: 1 }).execute();
        });
        await assert.rejects(work, { code: "E_DB_OUTCOME_UNKNOWN", status: undefined });
        assert.equal(runs, 1);
        assert.deepEqual(await kept(db), [1], "this one had been committed");
        assert.equal(db.pool.open, db.pool.idle);
      });
    },
    servers,
  );

  testEngines(
    "during the COMMIT of a transaction that only read is nobody's concern",
    async ({ url, engine }) => {
      await using proxy = await startProxy(url, ports[engine]);
      await withDatabase({ url: proxy.url }, async (db) => {
        proxy.cutAfter("commit");
        const read = await db.transaction({ readOnly: true }, (tx) => tx.query.selectFrom("kept").selectAll().execute());
        assert.deepEqual(read, []);
      });
    },
    servers,
  );

  testEngines(
    "half-way (nothing comes through) ends by the time-out, and is thrown away",
    async ({ url, engine }) => {
      await using proxy = await startProxy(url, ports[engine]);
      await withDatabase({ url: proxy.url, statementTimeout: "200ms", connectTimeout: "300ms" }, async (db) => {
        await kept(db);
        proxy.freeze();
        const begun = performance.now();
        await assert.rejects(kept(db), { code: "E_DB_STATEMENT_TIMEOUT" });
        assert.ok(performance.now() - begun < 3_000);
        assert.equal(db.pool.idle, 0);
        await assert.rejects(kept(db), { code: "E_DB_UNAVAILABLE", status: 503 });
      });
    },
    servers,
  );
});

describe("a server that is away", () => {
  testEngines(
    "fails a start and every query, with what to do",
    async ({ engine }) => {
      const server = createServer();
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as { port: number };
      server.close();
      await once(server, "close");
      const db = createDatabase<Schema>({ url: `${engine}://someone:secret@127.0.0.1:${port}/none` });
      await assert.rejects(async () => db.start?.(AbortSignal.timeout(5_000)), { code: "E_DB_UNAVAILABLE" });
      const error = await kept(db).catch((thrown: unknown) => thrown as Error & { headers?: object });
      assert.deepEqual((error as { headers?: object }).headers, { "Retry-After": "1" });
      assert.doesNotMatch((error as Error).message, /secret/);
      assert.equal(db.pool.open, 0);
    },
    servers,
  );

  testEngines(
    "for reading is done without",
    ({ url }) =>
      withDatabase(
        { url, replicaUrls: [url.replace(/(\d+\.\d+\.\d+\.\d+|localhost)(:\d+)?/, "127.0.0.1:1"), url] },
        async (db) => {
          await db.query.insertInto("kept").values({ id: 1 }).execute();
          for (let round = 0; round < 4; round += 1) {
            assert.deepEqual(await db.read.selectFrom("kept").selectAll().execute(), [{ id: 1 }]);
          }
        },
      ),
    servers,
  );
});
