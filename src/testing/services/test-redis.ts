import { randomBytes } from "node:crypto";
import { errors } from "../errors.ts";
import type { TestRedis } from "./contract.ts";
import { findService } from "./find-service.ts";
import { openRedis } from "./sessions.ts";

/**
 * A random prefix of keys on a Redis server that {@link findService} finds.
 *
 * @throws E_TESTING_SERVICE_MISSING when there is no such server: ask `findService` first, and skip
 * @example
 * await using redis = await createTestRedis();
 * await client.set(`${redis.prefix}visits`, "1");
 */
export async function createTestRedis(): Promise<TestRedis> {
  const { url, missing } = await findService("redis");
  if (missing !== undefined) throw errors.SERVICE_MISSING({ service: "redis", reason: missing });
  const prefix = `plinth_test_${randomBytes(6).toString("hex")}:`;
  return { url, prefix, [Symbol.asyncDispose]: () => deleteKeys(url, prefix) };
}

async function deleteKeys(url: string, prefix: string): Promise<void> {
  const client = await openRedis(url);
  try {
    for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1_000 })) {
      if (keys.length > 0) await client.unlink(keys);
    }
  } finally {
    client.destroy();
  }
}
