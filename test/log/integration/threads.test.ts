import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { createDoorbell, createLogRing, createMemorySink, createRingReader } from "#src/log/mod";
import type { ProducerData } from "./producer.ts";
import type { Plan } from "./supervisor.ts";

interface Entry {
  readonly thread?: number;
  readonly index?: number;
  readonly dropped?: number;
  readonly message: string;
}

interface Outcome {
  readonly ringDropped: number;
  readonly sinkDropped: number;
  readonly turns: number;
}

const SUPERVISOR = fileURLToPath(new URL("./supervisor.ts", import.meta.url));
const NODE = [process.execPath, ...process.execArgv.filter((argument) => !argument.startsWith("--test")), SUPERVISOR];

function run(plan: Plan, shell?: string): ChildProcessByStdio<null, Readable, Readable> {
  const command = shell === undefined ? NODE : ["/bin/sh", "-c", shell, ...NODE];
  return spawn(command[0] as string, [...command.slice(1), JSON.stringify(plan)], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  }) as ChildProcessByStdio<null, Readable, Readable>;
}

/** Parses every line, so that a torn one fails, and checks that each thread's lines are in order. Returns lines per thread, and drops reported. */
function check(output: string, threads: number): { readonly counts: readonly number[]; readonly reported: number } {
  assert.ok(output.endsWith("\n"));
  const counts = Array.from({ length: threads }, () => 0);
  const last = Array.from({ length: threads }, () => -1);
  let reported = 0;
  for (const line of output.slice(0, -1).split("\n")) {
    const entry = JSON.parse(line) as Entry;
    if (entry.thread === undefined) {
      assert.equal(entry.message, "log lines dropped");
      reported += entry.dropped as number;
      continue;
    }
    assert.ok((entry.index as number) > (last[entry.thread] as number), "out of order, or twice");
    last[entry.thread] = entry.index as number;
    counts[entry.thread] = (counts[entry.thread] as number) + 1;
  }
  return { counts, reported };
}

const WHOLE: Plan = { threads: 4, lines: 20_000, ringBytes: 8_388_608, highWater: "64mb" };

describe("lines of four threads", () => {
  test("all arrive, whole and in order, through a socket", async () => {
    const child = run(WHOLE);
    const [output, report] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const { ringDropped, sinkDropped } = JSON.parse(report) as Outcome;
    assert.deepEqual([ringDropped, sinkDropped], [0, 0]);
    assert.deepEqual(check(output, 4).counts, [20_000, 20_000, 20_000, 20_000]);
  });

  test("all arrive, whole and in order, through a pipe", async () => {
    const child = run(WHOLE, '"$0" "$@" | cat');
    const [output] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.deepEqual(check(output, 4).counts, [20_000, 20_000, 20_000, 20_000]);
  });

  test("all arrive, whole and in order, in a file", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "log-test-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "out.log");
    const child = run(WHOLE, `"$0" "$@" > '${file}'`);
    const [report] = await Promise.all([text(child.stderr), once(child, "close")]);
    assert.equal((JSON.parse(report) as Outcome).sinkDropped, 0);
    assert.deepEqual(check(readFileSync(file, "utf8"), 4).counts, [20_000, 20_000, 20_000, 20_000]);
  });

  test("that find their ring full are dropped whole, counted and reported", async () => {
    const child = run({ ...WHOLE, ringBytes: 16_384 });
    const [output, report] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const { ringDropped } = JSON.parse(report) as Outcome;
    const { counts, reported } = check(output, 4);
    assert.ok(ringDropped > 0);
    assert.equal(reported, ringDropped);
    assert.equal(counts.reduce((sum, count) => sum + count, 0) + ringDropped, 80_000);
  });

  test("never wait for a reader who does not read, nor does the event loop; what is dropped is counted", async () => {
    // The reader of the pipe waits for a word on descriptor 3.
    for (const shell of [undefined, '"$0" "$@" | { read go <&3; cat; }']) {
      const child = run({ ...WHOLE, highWater: "1mb" }, shell);
      // With the reader standing still, all lines must have been written before this report.
      const report = JSON.parse(String((await once(child.stderr, "data"))[0])) as Outcome;
      if (shell !== undefined) (child.stdio[3] as Writable).end("go\n");
      assert.ok(report.sinkDropped > 0);
      assert.ok(report.turns >= 5, `${report.turns} turns`);
      const { counts, reported } = check(await text(child.stdout), 4);
      assert.equal(report.ringDropped, 0);
      assert.equal(counts.reduce((sum, count) => sum + count, 0) + report.sinkDropped, 80_000);
      assert.ok(reported <= report.sinkDropped);
    }
  });
});

test("lines of a thread that is terminated in the middle are all there, none torn", async () => {
  const ring = createLogRing(4_194_304);
  const doorbell = createDoorbell();
  const progress = new SharedArrayBuffer(4);
  const workerData: ProducerData = { ring, doorbell, thread: 0, lines: Infinity, progress };
  const out = createMemorySink();
  const reader = createRingReader({ rings: () => [ring], doorbell, sink: out });
  const worker = new Worker(new URL("./producer.ts", import.meta.url), { workerData });
  reader.start();
  const returned = new Int32Array(progress);
  while (Atomics.load(returned, 0) < 5_000) await setImmediate();
  await worker.terminate();
  reader.drain();
  reader.stop();
  const { counts } = check(out.lines.join(""), 1);
  const written = (counts[0] as number) + reader.dropped;
  const count = Atomics.load(returned, 0);
  // The thread may have ended between the write of one more line and its count.
  assert.ok(written === count || written === count + 1, `${written} lines there, ${count} writes returned`);
});
