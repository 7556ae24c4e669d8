import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe } from "node:test";
import { type Database, createDatabase } from "#src/db/mod";
import { testEngines } from "#src/testing/services/test-engines";
import { type AccountSchema, TOTAL, createAccounts, total } from "../support/accounts.ts";

const entry = fileURLToPath(new URL("../support/transfer-process.ts", import.meta.url));

interface Report {
  readonly done: number;
}

interface Started {
  readonly child: ChildProcess;
  readonly report: Promise<Report>;
  readonly exit: Promise<unknown>;
}

/** Starts a process that transfers money, and waits until it has begun. */
async function start(url: string, seconds: number): Promise<Started> {
  const child = fork(entry, [url, String(seconds)]);
  const begun = Promise.withResolvers<void>();
  const report = Promise.withResolvers<Report>();
  child.on("message", (message: Report | "begun") => (message === "begun" ? begun.resolve() : report.resolve(message)));
  const exit = once(child, "exit").then(([code]) => {
    const error = new Error(`the process ended with ${code}`);
    begun.reject(error);
    report.reject(error);
  });
  report.promise.catch(() => undefined); // one that is killed on purpose sends none
  await begun.promise;
  return { child, report: report.promise, exit };
}

async function withAccounts(url: string, run: (db: Database<AccountSchema>) => Promise<void>): Promise<void> {
  const db = createDatabase<AccountSchema>({ url });
  await createAccounts(db);
  await run(db);
  await db.stop?.(AbortSignal.timeout(1_000));
}

describe("one SQLite file, several processes", () => {
  testEngines(
    "all write, none fails, and the sum is kept",
    ({ url }) =>
      withAccounts(url, async (db) => {
        const children = await Promise.all([start(url, 1.5), start(url, 1.5)]);
        const reports = await Promise.all(children.map(({ report }) => report));
        for (const { done } of reports) assert.ok(done > 0);
        assert.equal(await total(db), TOTAL);
      }),
    ["sqlite"],
  );

  testEngines(
    "one with nothing else to do waits for the lock, and does not just end",
    ({ url }) =>
      withAccounts(url, async (db) => {
        const { child, report } = await db.transaction(async (tx) => {
          await tx.query.updateTable("accounts").set({ balance: 1_000 }).execute();
          const started = await start(url, 0.3);
          await Promise.race([pause(200), started.exit]);
          assert.equal(started.child.exitCode, null);
          return started;
        });
        assert.ok((await report).done > 0);
        child.kill();
      }),
    ["sqlite"],
  );

  testEngines(
    "one killed in the middle of its transfers leaves the sum as it was",
    ({ url }) =>
      withAccounts(url, async (db) => {
        for (let round = 0; round < 5; round += 1) {
          const { child, exit } = await start(url, 30);
          await pause(100 + Math.random() * 100);
          child.kill("SIGKILL");
          await exit;
          assert.equal(await total(db), TOTAL);
          await db.transaction((tx) => tx.query.updateTable("accounts").set({ balance: 1_000 }).execute());
        }
      }),
    ["sqlite"],
  );

  testEngines(
    "one that holds the lock keeps the other waiting without blocking it, and not for ever",
    ({ url }) =>
      withAccounts(url, async (db) => {
        const other = createDatabase<AccountSchema>({ url, name: "other", lockTimeout: "150ms" });
        await db.transaction(async (tx) => {
          await tx.query.updateTable("accounts").set({ balance: 1 }).execute();
          let beats = 0;
          const beat = setInterval(() => (beats += 1), 2);
          const write = other.query.updateTable("accounts").set({ balance: 2 }).execute();
          await assert.rejects(write, { code: "E_DB_BUSY", status: 503 });
          clearInterval(beat);
          assert.ok(beats > 5, `the event loop went round ${beats} times`);
          assert.equal((await other.query.selectFrom("accounts").selectAll().execute()).length, 8, "readers do not wait");
        });
        await other.query.updateTable("accounts").set({ balance: 3 }).execute();
        await other.stop?.(AbortSignal.timeout(1_000));
      }),
    ["sqlite"],
  );
});
