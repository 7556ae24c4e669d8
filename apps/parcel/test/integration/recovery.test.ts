import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { FileRecords } from "../../files/records.ts";
import { DataFolder } from "../support/parcel.ts";

const THREADS = 4;
const LOG_BYTES = 64_000_000;

test("threads that open a database after a crash wait for the one that recovers it", async () => {
  using data = new DataFolder();
  const path = join(data.path, "app.db");
  const records = new FileRecords(path);
  await records.start();
  using database = new DatabaseSync(path);
  // Recovery reads the whole log, so a long one gives the others time to meet it.
  database.exec("PRAGMA wal_autocheckpoint = 0; CREATE TABLE filler (bytes)");
  database.prepare("INSERT INTO filler VALUES (zeroblob(?))").run(LOG_BYTES);
  // As a killed process leaves it: the database and its log, and nobody who has them open.
  const crashed = join(data.path, "crashed.db");
  copyFileSync(path, crashed);
  copyFileSync(`${path}-wal`, `${crashed}-wal`);
  records.stop();

  const gate = new Int32Array(new SharedArrayBuffer(4));
  const outcomes = await Promise.all(
    Array.from({ length: THREADS }, async () => {
      const worker = new Worker(new URL("../support/open-records.ts", import.meta.url), {
        workerData: { path: crashed, gate, threads: THREADS },
      });
      const [outcome] = (await once(worker, "message")) as [string];
      return outcome;
    }),
  );
  assert.deepEqual(
    outcomes,
    Array.from({ length: THREADS }, () => "open"),
  );
});
