import { workerData } from "node:worker_threads";
import { createRegistry } from "#src/telemetry/registry";
import { BEGUN, DONE, READY, TARGET, type WorkerTask } from "./threads-task.ts";

const { segment, control, slot, mode } = workerData as WorkerTask;
const registry = createRegistry({ segment, maxSeries: 300 });
const steps = registry.counter({ name: "steps_total", help: "Steps.", labels: ["thread", "label"] });
const sizes = registry.histogram({ name: "size", help: "Sizes.", labels: ["thread"], bounds: [10, 100] });
const active = registry.gauge({ name: "active", help: "Active." });
const word = (index: number): number => slot * 4 + index;

/** One step, announced before and after in memory of the test's own, so that the test knows the truth even if the thread is killed. */
function step(): void {
  Atomics.add(control, word(BEGUN), 1);
  steps.add(1, `t${slot}`, `label-${Math.floor(Math.random() * 250)}`);
  sizes.record(Math.random() * 200, `t${slot}`);
  Atomics.add(control, word(DONE), 1);
}

active.add(1);
if (mode === "block") {
  step();
  Atomics.store(control, word(READY), 1);
  Atomics.notify(control, word(READY));
  for (;;);
}
while (Atomics.load(control, word(DONE)) < Atomics.load(control, word(TARGET))) {
  step();
  if (Atomics.load(control, word(DONE)) % 1_000 === 0) {
    Atomics.store(control, word(READY), 1);
    Atomics.notify(control, word(READY));
  }
}
active.add(-1);
