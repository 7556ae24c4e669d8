import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { describe } from "node:test";
import { type Database, createDatabase, sql } from "#src/db/mod";
import { testEngines } from "#src/testing/services/test-engines";
import { type AccountSchema, TOTAL, createAccounts, total, transfer } from "../support/accounts.ts";

const WORKERS = 16;
const DURATION = 4_000;
const KILL_EVERY = 100;
/** What a transfer may end with while connections are being killed. */
const EXPECTED = new Set([
  "E_DB_CONNECTION_LOST",
  "E_DB_OUTCOME_UNKNOWN",
  "E_DB_UNAVAILABLE",
  "E_DB_DEADLOCK",
  "E_DB_POOL_EXHAUSTED",
]);

/** Ends one session of the other users of this database, if there is one. */
async function killOne(observer: Database<AccountSchema>): Promise<number> {
  if (observer.dialect === "postgres") {
    const { rows } = await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name = 'victim'
      order by random() limit 1`.execute(observer.query);
    return rows.length;
  }
  const { rows } = await sql<{ id: number }>`select id from information_schema.processlist
    where db = database() and id <> connection_id() order by rand() limit 1`.execute(observer.query);
  const id = rows[0]?.id;
  if (id === undefined) return 0;
  await sql
    .raw(`kill ${id}`)
    .execute(observer.query)
    .catch(() => undefined); // it may have gone by itself
  return 1;
}

describe("transfers between accounts while connections are killed", () => {
  testEngines(
    "keep the sum, leak no connection, and go on at once",
    async ({ url, engine }) => {
      const victim = engine === "postgres" ? `${url}?application_name=victim` : url;
      const db = createDatabase<AccountSchema>({ url: victim, connections: 8, acquireTimeout: "5s" });
      const observer = createDatabase<AccountSchema>({ url, name: "observer", connections: 2 });
      await createAccounts(db);
      await total(observer);
      const counts = { done: 0, failed: 0, killed: 0 };
      const unexpected: unknown[] = [];
      const end = performance.now() + DURATION;
      const worker = async (): Promise<void> => {
        while (performance.now() < end) {
          await transfer(db).then(
            () => (counts.done += 1),
            (error: unknown) => {
              counts.failed += 1;
              if (!EXPECTED.has(String((error as { code?: unknown }).code))) unexpected.push(error);
            },
          );
        }
      };
      const killer = async (): Promise<void> => {
        while (performance.now() < end) {
          counts.killed += await killOne(observer);
          await pause(KILL_EVERY);
        }
      };
      await Promise.all([killer(), ...Array.from({ length: WORKERS }, worker)]);
      assert.deepEqual(unexpected, []);
      assert.ok(counts.killed > 5 && counts.done > 20 && counts.failed > 0, JSON.stringify(counts));

      const begun = performance.now();
      // A session that was killed while idle may still be handed out once; each such try removes one.
      for (let tries = 0; tries < 10; tries += 1)
        if (
          await transfer(db).then(
            () => true,
            () => false,
          )
        )
          break;
      assert.ok(performance.now() - begun < 2_000);
      assert.equal(await total(observer), TOTAL);
      assert.equal(db.pool.idle, db.pool.open);
      assert.ok(db.pool.open <= db.pool.size);
      await Promise.all([db.stop?.(AbortSignal.timeout(1_000)), observer.stop?.(AbortSignal.timeout(1_000))]);
    },
    ["postgres", "mysql"],
  );
});
