import type { Redis } from "../redis/mod.ts";
import type { AccessEntry } from "./access-list.ts";

/** Where all machines find who is blocked and who is let through. */
export interface AccessStore {
  load(): Promise<readonly AccessEntry[]>;
  set(entry: AccessEntry): Promise<void>;
  delete(subject: string): Promise<void>;
}

/** A hash in Redis, by subject. What has passed is removed when it is read. */
export function createRedisAccessStore(redis: Redis, prefix: string, now: () => number): AccessStore {
  const key = `${redis.prefix}${prefix}access`;
  return {
    async load() {
      // Fields and values in turn.
      const words = await redis.command<string[]>(["HGETALL", key]);
      const entries = words.filter((_, index) => index % 2 === 1).map((text) => JSON.parse(text) as AccessEntry);
      const passed = entries.filter(({ until }) => until !== null && until <= now());
      if (passed.length > 0) await redis.command(["HDEL", key, ...passed.map(({ subject }) => subject)]);
      // Hashes have no order, but what is compared needs one.
      return entries
        .filter((entry) => !passed.includes(entry))
        .sort((one, other) => (one.subject < other.subject ? -1 : Number(one.subject > other.subject)));
    },
    async set(entry) {
      await redis.command(["HSET", key, entry.subject, JSON.stringify(entry)]);
    },
    async delete(subject) {
      await redis.command(["HDEL", key, subject]);
    },
  };
}
