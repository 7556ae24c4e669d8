import assert from "node:assert/strict";
import { once } from "node:events";
import { it } from "node:test";
import { Worker } from "node:worker_threads";
import { createRegistry } from "#src/telemetry/registry";
import { resetGauges } from "#src/telemetry/segment";
import { scrape } from "../scrape.ts";
import { BEGUN, DONE, READY, TARGET, type WorkerTask } from "./threads-task.ts";

const ENTRY = new URL("./threads-worker.ts", import.meta.url);
const SLOTS = 3;
const STEPS = 60_000;
const KILLS = 5;

const start = (task: WorkerTask): Worker => new Worker(ENTRY, { workerData: task });

async function waitUntilReady(control: Int32Array, slot: number): Promise<void> {
  const waiting = Atomics.waitAsync(control, slot * 4 + READY, 0);
  if (waiting.async) await waiting.value;
}

function sumOf(samples: ReadonlyMap<string, number>, prefix: string): number {
  return [...samples].filter(([name]) => name.startsWith(prefix)).reduce((sum, [, value]) => sum + value, 0);
}

it("totals never go backwards and end exact while threads count, die and are replaced", async (t) => {
  const control = new Int32Array(new SharedArrayBuffer(SLOTS * 16));
  const segments = Array.from({ length: SLOTS }, () => new SharedArrayBuffer(131_072));
  for (let slot = 1; slot < SLOTS; slot += 1) control[slot * 4 + TARGET] = STEPS;
  // The first slot has no end before its last replacement, so that every kill meets a thread at work.
  control[TARGET] = 2 ** 31 - 1;
  const run = (slot: number): Worker => start({ segment: segments[slot] as SharedArrayBuffer, control, slot, mode: "count" });

  let before: ReadonlyMap<string, number> = new Map();
  const check = (): void => {
    const now = scrape(...segments);
    for (const [name, value] of before)
      if (!name.startsWith("active")) assert.ok((now.get(name) ?? -1) >= value, `${name} went from ${value} to ${now.get(name)}`);
    before = now;
  };

  const workers = segments.map((_, slot) => run(slot));
  t.after(() => Promise.all(workers.map((worker) => worker.terminate())));
  const ends = workers.slice(1).map((worker) => once(worker, "exit"));
  for (let kill = 0; kill < KILLS; kill += 1) {
    await waitUntilReady(control, 0);
    check();
    await workers[0]?.terminate();
    check();
    resetGauges(segments[0] as SharedArrayBuffer);
    Atomics.store(control, READY, 0);
    if (kill === KILLS - 1) Atomics.store(control, TARGET, Atomics.load(control, DONE) + STEPS);
    workers[0] = run(0);
  }
  ends.push(once(workers[0] as Worker, "exit"));
  for (const end of ends) {
    check();
    assert.deepEqual(await end, [0]);
  }
  check();

  const truth = (slot: number, index: number): number => control[slot * 4 + index] as number;
  for (let slot = 1; slot < SLOTS; slot += 1) assert.equal(sumOf(before, `steps_total{thread="t${slot}"`), STEPS);
  // A kill may fall between a step's announcement, its counting and its confirmation: that one step may count or not.
  const replaced = sumOf(before, 'steps_total{thread="t0"');
  assert.ok(truth(0, BEGUN) - truth(0, DONE) <= KILLS);
  assert.ok(replaced >= truth(0, DONE) && replaced <= truth(0, BEGUN), `${replaced} of ${truth(0, DONE)} to ${truth(0, BEGUN)}`);
  assert.ok(truth(0, DONE) >= STEPS);
  assert.equal(before.get("active"), 0);
});

it("a scrape answers while a thread is blocked, and counts what the thread did before", async (t) => {
  const control = new Int32Array(new SharedArrayBuffer(16));
  const own = createRegistry();
  own.counter({ name: "steps_total", help: "Steps.", labels: ["thread", "label"] }).add(2, "main", "x");
  const segment = new SharedArrayBuffer(131_072);
  const worker = start({ segment, control, slot: 0, mode: "block" });
  t.after(() => worker.terminate());
  await waitUntilReady(control, 0);
  const samples = scrape(own.segment, segment);
  assert.equal(sumOf(samples, "steps_total"), 3);
  assert.equal(samples.get("active"), 1);
  assert.equal(samples.get('size_count{thread="t0"}'), 1);
});
