import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { SegmentTable } from "#src/core/mod";
import { createLimits } from "#src/ratelimit/create-limits";
import { rate } from "#src/ratelimit/rate";
import { createRedis } from "#src/redis/mod";

// A process of two threads that hammer one key, each over its own connection: `hammer.ts <url> <count>`. It says "ready", begins when it reads
// a line, says "passing" when the first call has passed, ends when it reads another line, and prints how many calls passed.

interface Orders {
  readonly segment: SharedArrayBuffer;
  readonly words: readonly string[];
}

const THREADS = 2;
// Words of the board: threads that are ready, threads of which a call has passed, and whether to begin (1) or to end (2).
const READY = 0;
const PASSING = 1;
const PHASE = 2;

async function hammer([url = "", count = ""]: readonly string[], board: Int32Array): Promise<number> {
  const redis = createRedis({ url, commandTimeout: 2_000 });
  const limits = createLimits({ memory: new SegmentTable(), redis, timeout: 400 });
  const signal = new AbortController().signal;
  await redis.start?.(signal);
  await limits.start?.(signal);
  const meter = limits.meter(rate(`${Number(count)}/24h`, { by: "address", name: "hammered", degrade: "deny" }));
  Atomics.add(board, READY, 1);
  Atomics.notify(board, READY);
  while (Atomics.load(board, PHASE) === 0) await Atomics.waitAsync(board, PHASE, 0).value;
  let passed = 0;
  const work = async (): Promise<void> => {
    while (Atomics.load(board, PHASE) === 1) {
      if ((await meter.take("caller")).allowed) {
        passed += 1;
        if (passed === 1) Atomics.add(board, PASSING, 1);
      }
      // A refusal at once must not keep the replies of Redis from being read.
      await new Promise(setImmediate);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  await limits.stop?.(signal);
  await redis.stop?.(signal);
  return passed;
}

if (isMainThread) {
  const words = process.argv.slice(2);
  const board = new Int32Array(new SharedArrayBuffer(12));
  const results = Array.from({ length: THREADS }, () => {
    const orders: Orders = { segment: board.buffer, words };
    const worker = new Worker(new URL(import.meta.url), { workerData: orders });
    return new Promise<number>((resolve, reject) => worker.once("message", resolve).once("error", reject));
  });
  const reach = async (word: number, value: number): Promise<void> => {
    while (Atomics.load(board, word) < value) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const enter = (phase: number): void => {
    Atomics.store(board, PHASE, phase);
    Atomics.notify(board, PHASE);
  };
  await reach(READY, THREADS);
  process.stdout.write("ready\n");
  process.stdin.once("data", () => {
    enter(1);
    process.stdin.once("data", () => enter(2));
  });
  await reach(PASSING, 1);
  process.stdout.write("passing\n");
  const passed = (await Promise.all(results)).reduce((sum, each) => sum + each, 0);
  process.stdout.write(`${passed}\n`);
  process.exit(0);
} else {
  const { segment, words } = workerData as Orders;
  parentPort?.postMessage(await hammer(words, new Int32Array(segment)));
}
