import { createClient } from "@redis/client";
import { MemoryStore, rateLimit } from "express-rate-limit";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import { SegmentTable } from "../../src/core/mod.ts";
import type { RatePolicy } from "../../src/ratelimit/mod.ts";
import { createRedisStore } from "../../src/ratelimit/redis-store.ts";
import { openSharedStore } from "../../src/ratelimit/shared-store.ts";
import { createRedis } from "../../src/redis/mod.ts";
import { createTestRedis } from "../../src/testing/mod.ts";
import type { MicroSubject, OpenMicroSubject } from "../harness/micro.ts";
import { spread } from "../harness/spread.ts";

const KEYS = 1_000;
/** So much that nothing is ever refused: refusals are errors elsewhere, and cost more. */
const POINTS = 1_000_000_000;
const MINUTE = 60_000;
const WIDTH = 8;
const NAMES = ["minute", "hour", "day"];

export const open: OpenMicroSubject = async (caseName, contender) => {
  if (caseName === "growth") return openPlinthMemory(Number(contender));
  if (caseName === "growth-flexible") return openFlexibleMemory(Number(contender));
  if (caseName === "memory") {
    if (contender === "plinth") return openPlinthMemory(KEYS);
    return contender === "flexible" ? openFlexibleMemory(KEYS) : openExpress();
  }
  const names = NAMES.slice(0, caseName === "redis-3" ? 3 : 1);
  return contender === "plinth" ? openPlinthRedis(names) : openFlexibleRedis(names);
};

const keysOf = (size: number): readonly string[] =>
  Array.from({ length: size }, (_, index) => `203.0.${index >> 8}.${index & 255}`);

function inTurn(keys: readonly string[], take: (key: string) => void | Promise<unknown>): MicroSubject {
  let at = 0;
  return {
    async run(count) {
      for (let left = count; left > 0; left--) {
        at = (at + 7_919) % keys.length;
        const pending = take(keys[at] as string);
        if (pending !== undefined) await pending;
      }
    },
  };
}

const policyOf = (name: string): RatePolicy => ({ name, count: 1_000_000, period: MINUTE, burst: POINTS });

async function openPlinthMemory(size: number): Promise<MicroSubject> {
  // Room for all of them; for a few, what every app has by default.
  const store = await openSharedStore({
    memory: new SegmentTable(),
    entries: Math.max(65_536, 2 ** Math.ceil(Math.log2(size * 2))),
  });
  const meter = store.meter(policyOf("bench"));
  return inTurn(keysOf(size), (key) => void meter.take(key, 1));
}

async function openFlexibleMemory(size: number): Promise<MicroSubject> {
  const limiter = new RateLimiterMemory({ points: POINTS, duration: MINUTE / 1_000 });
  return inTurn(keysOf(size), (key) => limiter.consume(key, 1));
}

async function openExpress(): Promise<MicroSubject> {
  const store = new MemoryStore();
  rateLimit({ windowMs: MINUTE, store }); // readies it
  return { ...inTurn(keysOf(KEYS), (key) => store.increment(key)), close: () => store.shutdown() };
}

async function openPlinthRedis(names: readonly string[]): Promise<MicroSubject> {
  const share = await createTestRedis();
  const redis = createRedis({ url: share.url, prefix: share.prefix });
  const { signal } = new AbortController();
  await redis.start?.(signal);
  const store = createRedisStore({ redis });
  const policies = names.map(policyOf);
  const keys = keysOf(KEYS);
  let at = 0;
  const one = async (): Promise<void> => {
    const key = keys[(at = (at + 7_919) % KEYS)] as string;
    const readings = await store.takeAll(policies.map((policy) => ({ policy, key, cost: 1 })));
    if (readings.some(({ allowed }) => !allowed)) throw new Error("refused");
  };
  return {
    run: (count) => spread(count, WIDTH, one),
    async close() {
      await redis.stop?.(signal);
      await share[Symbol.asyncDispose]();
    },
  };
}

async function openFlexibleRedis(names: readonly string[]): Promise<MicroSubject> {
  const share = await createTestRedis();
  const client = createClient({ url: share.url });
  await client.connect();
  const limiters = names.map(
    (name) =>
      new RateLimiterRedis({
        storeClient: client,
        useRedisPackage: true,
        keyPrefix: `${share.prefix}${name}`,
        points: POINTS,
        duration: MINUTE / 1_000,
      }),
  );
  const keys = keysOf(KEYS);
  let at = 0;
  const one = async (): Promise<void> => {
    const key = keys[(at = (at + 7_919) % KEYS)] as string;
    await Promise.all(limiters.map((limiter) => limiter.consume(key, 1)));
  };
  return {
    run: (count) => spread(count, WIDTH, one),
    async close() {
      await client.close();
      await share[Symbol.asyncDispose]();
    },
  };
}
