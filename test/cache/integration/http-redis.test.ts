import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { SegmentTable } from "#src/core/shared-memory";
import { createCache } from "#src/cache/create-cache";
import type { Cache } from "#src/cache/contract";
import { cacheResponse } from "#src/cache/http";
import { route } from "#src/http/route";
import { createRedis } from "#src/redis/mod";
import { findService } from "#src/testing/services/find-service";
import { createTestRedis } from "#src/testing/services/test-redis";
import { createApp } from "../../http/support.ts";

interface Machine {
  readonly cache: Cache;
  get(path: string): Promise<Response>;
}

/** Two machines with one Redis, each with a handler that says which of them ran, and how often any has. */
async function openMachines(t: TestContext): Promise<readonly [Machine, Machine]> {
  const share = await createTestRedis();
  t.after(() => share[Symbol.asyncDispose]());
  let runs = 0;
  const open = async (machine: string): Promise<Machine> => {
    const redis = createRedis({ url: share.url, prefix: share.prefix });
    const cache = createCache({ memory: new SegmentTable(), redis });
    await redis.start?.(new AbortController().signal);
    await cache.start();
    t.after(async () => {
      await cache.stop();
      await redis.stop?.(new AbortController().signal);
    });
    const rule = cacheResponse({ cache, ttl: "1h", by: "public", tags: ({ request }) => [`product:${request.url.slice(-1)}`] });
    const app = await createApp([
      route.get("/products/:id", { auth: "public", cache: rule }, ({ params }) => ({ id: params["id"], machine, run: ++runs })),
    ]);
    return { cache, get: (path) => app.fetch(path) };
  };
  return [await open("one"), await open("other")];
}

async function runOf(machine: Machine, path: string): Promise<number> {
  const { run } = (await (await machine.get(path)).json()) as { readonly run: number };
  return run;
}

const { missing } = await findService("redis");

describe("cached answers of two machines with one Redis", { skip: missing ?? false }, () => {
  it("are made by one of them, and are the same with the same tag on both", async (t) => {
    const [one, other] = await openMachines(t);
    const first = await one.get("/products/1");
    const second = await other.get("/products/1");
    assert.deepEqual(await first.json(), { id: "1", machine: "one", run: 1 });
    assert.deepEqual(await second.json(), { id: "1", machine: "one", run: 1 });
    assert.equal(first.headers.get("etag"), second.headers.get("etag"));
    assert.equal(second.headers.get("cache-status"), "plinth; hit");
  });

  it("are made once for all who ask at the same time", async (t) => {
    const [one, other] = await openMachines(t);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => (await (index % 2 === 0 ? one : other).get("/products/2")).text()),
    );
    assert.equal(new Set(answers).size, 1);
    assert.match(answers[0] ?? "", /"run":1\b/);
  });

  it("are gone on both when either forgets their tag, and no others are", async (t) => {
    const [one, other] = await openMachines(t);
    for (const path of ["/products/1", "/products/2"]) for (const machine of [one, other]) await (await machine.get(path)).text();
    await other.cache.invalidateTags(["product:1"]);
    assert.equal(await runOf(other, "/products/1"), 3);
    // The other machine is told, which takes a moment.
    while ((await runOf(one, "/products/1")) !== 3) await setImmediate();
    assert.equal(await runOf(one, "/products/2"), 2);
  });
});
