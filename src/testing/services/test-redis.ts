import type { RedisClientType } from "@redis/client";
import { errors } from "../errors.ts";
import type { TestRedis } from "./contract.ts";
import { findService } from "./find-service.ts";
import { openRedis } from "./sessions.ts";
import { createTestName, isLeftover } from "./test-name.ts";

/**
 * A share of a Redis server that {@link findService} finds: a prefix for the names of keys. Keys of runs that died are swept when they are
 * older than an hour.
 *
 * @throws E_TESTING_SERVICE_MISSING when there is no such server: ask `findService` first, and skip
 * @example
 * await using redis = await createTestRedis();
 * await client.set(`${redis.prefix}visits`, "1");
 */
export async function createTestRedis(): Promise<TestRedis> {
  const { url, missing } = await findService("redis");
  if (missing !== undefined) throw errors.SERVICE_MISSING({ service: "redis", reason: missing });
  await (swept ??= sweep(url));
  const prefix = `${createTestName()}:`;
  return { url, prefix, [Symbol.asyncDispose]: () => withClient(url, (client) => unlink(client, `${prefix}*`, () => true)) };
}

/** Once per process: a sweep looks at every key of the server. */
let swept: Promise<void> | undefined;

function sweep(url: string): Promise<void> {
  return withClient(url, (client) => unlink(client, "plinth_test_*", (key) => isLeftover(key.replace(/:.*/s, ""))));
}

async function withClient(url: string, work: (client: RedisClientType) => Promise<void>): Promise<void> {
  const client = await openRedis(url);
  await work(client).finally(() => client.destroy());
}

async function unlink(client: RedisClientType, pattern: string, isMeant: (key: string) => boolean): Promise<void> {
  for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: 1_000 })) {
    const meant = keys.filter(isMeant);
    if (meant.length > 0) await client.unlink(meant);
  }
}
