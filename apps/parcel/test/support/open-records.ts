import { parentPort, workerData } from "node:worker_threads";
import { FileRecords } from "../../files/records.ts";

// A thread that opens the records at the very moment when all others do.

const { path, gate, threads } = workerData as { path: string; gate: Int32Array; threads: number };
// Waiting for a lock does not keep a thread alive; in an app its port to the main thread does.
const alive = setInterval(() => undefined, 1_000);
const records = new FileRecords(path);
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < threads);
try {
  await records.start();
  records.check();
  parentPort?.postMessage("open");
} catch (thrown) {
  parentPort?.postMessage(String(thrown));
}
records.stop();
clearInterval(alive);
