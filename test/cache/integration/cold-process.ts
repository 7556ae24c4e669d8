import { Worker } from "node:worker_threads";
import { SegmentTable } from "#src/core/mod";
import type { ColdOrders, FromCold } from "./cold-worker.ts";

// A machine of two threads that read one cold key. Its parent says when.

const THREADS = 2;
const table = new SegmentTable();
const place = process.argv[2] === "none" ? undefined : (JSON.parse(process.argv[2] as string) as ColdOrders["redis"]);
const reads = Number(process.argv[3]);
const segments = new Map([
  ["cache:main:generations", table.claimSync("cache:main:generations", (8 + 262_144) * 8)],
  ["cache:main:leases", table.claimSync("cache:main:leases", 16_384 * 8, { byteOffset: 0, count: 16_384 })],
]);

const workers = Array.from({ length: THREADS }, () => {
  const workerData: ColdOrders = { redis: place, segments, reads };
  return new Worker(new URL("cold-worker.ts", import.meta.url), { workerData });
});
let ready = 0;
let done = 0;
for (const worker of workers) {
  worker.on("message", (message: FromCold) => {
    if (message.kind === "done") process.send?.(message, () => ++done === THREADS && process.disconnect?.());
    else if (++ready === THREADS) process.send?.({ kind: "ready" } satisfies FromCold);
  });
}
process.once("message", () => {
  for (const worker of workers) worker.postMessage("go");
});
