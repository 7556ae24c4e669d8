import { workerData } from "node:worker_threads";
import { lockWord } from "#src/core/shared-lock";
import { openSharedStore } from "#src/ratelimit/shared-store";
import { viewTable } from "#src/ratelimit/table";
import { THREAD_INDEX } from "#src/core/thread-index";
import type { LimitPolicy } from "#src/ratelimit/contract";

/** What a test tells a thread to do. */
export interface Orders {
  readonly task: "hammer" | "hammer-forever" | "die-inside";
  readonly segment: SharedArrayBuffer;
  readonly entries: number;
  readonly policy: LimitPolicy;
  readonly keys: readonly string[];
  readonly calls: number;
  /** Word 0: threads that are ready. Word 1: 1 when all may go. Words from 2: calls let through, by key. */
  readonly board: Int32Array;
}

const { task, segment, entries, policy, keys, calls, board } = workerData as Orders;

if (task === "die-inside") {
  lockWord(viewTable(segment).locks, 0, THREAD_INDEX + 1);
  process.exit(0);
}

// eslint-disable-next-line typescript/require-await -- the interface of shared memory answers later
const store = await openSharedStore({ memory: { claim: async () => segment }, entries });
const meter = store.meter(policy);
Atomics.add(board, 0, 1);
Atomics.notify(board, 0);
Atomics.wait(board, 1, 0);
const end = task === "hammer-forever" ? Number.POSITIVE_INFINITY : calls;
for (let call = 0; call < end; call += 1) {
  const index = call % keys.length;
  // A shared store answers at once.
  const decision = meter.take(keys[index] as string, 1) as { allowed: boolean };
  if (decision.allowed) Atomics.add(board, 2 + index, 1);
}
