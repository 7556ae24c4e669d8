/** A worker thread that writes numbered lines into its ring. */
import { workerData } from "node:worker_threads";
import { createLogger, createRingSink } from "#src/log/mod";

export interface ProducerData {
  readonly ring: SharedArrayBuffer;
  readonly doorbell: SharedArrayBuffer;
  readonly thread: number;
  /** How many lines; Infinity writes until the thread is ended. */
  readonly lines: number;
  /** Int32: lines whose write has returned. */
  readonly progress: SharedArrayBuffer;
}

const { ring, doorbell, thread, lines, progress } = workerData as ProducerData;
const done = new Int32Array(progress);
const sink = createRingSink({ ring, doorbell });
const log = createLogger({ sink, base: { thread } });
for (let index = 0; index < lines; index++) {
  log.info({ index, pad: "é".repeat(index % 60) }, "tick");
  Atomics.store(done, 0, index + 1);
}
