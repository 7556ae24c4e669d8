/** A program whose threads log through rings to its standard output. Says on standard error how it went. */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Size } from "#src/core/mod";
import { createDoorbell, createFdSink, createLogRing, createRingReader } from "#src/log/mod";
import type { ProducerData } from "./producer.ts";

export interface Plan {
  readonly threads: number;
  readonly lines: number;
  readonly ringBytes: number;
  readonly highWater: Size;
}

const plan = JSON.parse(process.argv[2] as string) as Plan;
const doorbell = createDoorbell();
const rings = Array.from({ length: plan.threads }, () => createLogRing(plan.ringBytes));
const sink = createFdSink({ fd: 1, highWater: plan.highWater });
const reader = createRingReader({ rings: () => rings, doorbell, sink });
reader.start();

let turns = 0; // a blocked event loop would stand still
const turning = setInterval(() => turns++, 1);
const workers = rings.map((ring, thread) => {
  const workerData: ProducerData = { ring, doorbell, thread, lines: plan.lines, progress: new SharedArrayBuffer(4) };
  return new Worker(new URL("./producer.ts", import.meta.url), { workerData });
});
await Promise.all(workers.map((worker) => once(worker, "exit")));
clearInterval(turning);
reader.stop();
writeSync(2, `${JSON.stringify({ ringDropped: reader.dropped, sinkDropped: sink.dropped, turns })}\n`);
process.exit(0); // what is still queued goes out by the sink's own exit hook
