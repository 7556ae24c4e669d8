import { type Redis, type RedisOptions, type RedisState, createRedis } from "#src/redis/mod";

/** A started client that is stopped at the end of the block. */
export async function openRedis(options: RedisOptions): Promise<Redis & AsyncDisposable> {
  const redis = createRedis(options);
  await redis.start?.(new AbortController().signal);
  return Object.assign(redis, {
    [Symbol.asyncDispose]: async () => {
      await redis.stop?.(new AbortController().signal);
    },
  });
}

export function whenState(redis: Redis, state: RedisState): Promise<void> {
  if (redis.state === state) return Promise.resolve();
  return new Promise((resolve) => {
    const off = redis.onState((now) => {
      if (now !== state) return;
      off();
      resolve();
    });
  });
}
