import { parentPort, workerData } from "node:worker_threads";
import { createCache } from "#src/cache/create-cache";
import { createRedis } from "#src/redis/mod";

/** What a thread is told. */
export interface ColdOrders {
  /** Without it the threads of one process have each other only. */
  readonly redis: { readonly url: string; readonly prefix: string } | undefined;
  readonly segments: ReadonlyMap<string, SharedArrayBuffer>;
  readonly reads: number;
}

export type FromCold =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly calls: number; readonly values: readonly string[] };

const { redis: place, segments, reads } = workerData as ColdOrders;
const redis = place === undefined ? undefined : createRedis({ ...place, commandTimeout: 5_000 });
await redis?.start?.(new AbortController().signal);
const cache = createCache({
  // eslint-disable-next-line typescript/require-await -- memory answers later
  memory: { claim: async (name) => segments.get(name) as SharedArrayBuffer },
  storeTimeout: "5s",
  ...(redis === undefined ? {} : { redis }),
});
const users = cache.namespace<string>("users", { version: 1, ttl: "1m" });
await cache.start();
parentPort?.postMessage({ kind: "ready" } satisfies FromCold);
parentPort?.once("message", () => void run());

async function run(): Promise<void> {
  let calls = 0;
  const values = await Promise.all(
    Array.from({ length: reads }, () =>
      users.getOrSet("cold", async () => {
        calls += 1;
        await new Promise((resolve) => void setTimeout(resolve, 100));
        return `made by ${process.pid}`;
      }),
    ),
  );
  parentPort?.postMessage({ kind: "done", calls, values: [...new Set(values)] } satisfies FromCold);
  await cache.stop();
  await redis?.stop?.(new AbortController().signal);
  parentPort?.close();
}
