import { createId } from "../core/mod.ts";
import type { Database } from "../db/mod.ts";
import type { Redis } from "../redis/mod.ts";
import type { AccessEntry, Stored } from "./access-list.ts";
import type { LimitsOptions } from "./limits.ts";
import { type AccessRow, DEFAULT_TABLE, accessTableOf } from "./sql-table.ts";

/** Where all machines find who is blocked and who is let through. */
export interface AccessStore {
  /** In the order of the subjects, what has passed left out. */
  load(): Promise<Stored>;
  set(entry: AccessEntry): Promise<void>;
  delete(subject: string): Promise<void>;
}

/** Where the limits count; undefined when that is the memory of the process alone. @param now milliseconds since 1970 */
export function openAccessStore(
  { redis, db, prefix = "limits:", table }: LimitsOptions,
  now: () => number,
): AccessStore | undefined {
  if (redis !== undefined) return createRedisAccessStore(redis, prefix, now);
  return db === undefined ? undefined : createSqlAccessStore(db, table ?? DEFAULT_TABLE, now);
}

/** The field that holds the mark: no subject is empty. */
const MARK = "";

/**
 * A hash, by subject, and in one more field a mark that nobody writes twice: a hash that was lost never comes back with the same. What has passed
 * is removed when it is read.
 */
function createRedisAccessStore(redis: Redis, prefix: string, now: () => number): AccessStore {
  const key = `${redis.prefix}${prefix}access`;
  const readAll = async (): Promise<ReadonlyMap<string, string>> => {
    // Fields and values in turn, in no order.
    const words = await redis.command<string[]>(["HGETALL", key]);
    return new Map(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] as string]] : [])));
  };
  return {
    async load() {
      let fields = await readAll();
      while (!fields.has(MARK)) {
        await redis.command(["HSETNX", key, MARK, createId()]);
        fields = await readAll();
      }
      const texts = [...fields].filter(([field]) => field !== MARK).map(([, text]) => text);
      const { live, passed } = sift(texts, now());
      if (passed.length > 0) await redis.command(["HDEL", key, ...passed]);
      return { mark: fields.get(MARK) as string, entries: live };
    },
    async set(entry) {
      await redis.command(["HSET", key, entry.subject, JSON.stringify(entry)]);
    },
    async delete(subject) {
      await redis.command(["HDEL", key, subject]);
    },
  };
}

function createSqlAccessStore(db: Database<unknown>, limits: string, now: () => number): AccessStore {
  const { query } = db as unknown as Database<Readonly<Record<string, AccessRow>>>;
  const table = accessTableOf(limits);
  const remove = async (subjects: readonly string[]): Promise<void> => {
    await query.deleteFrom(table).where("subject", "in", subjects).execute();
  };
  return {
    async load() {
      const rows = await query.selectFrom(table).select("entry").execute();
      const { live, passed } = sift(
        rows.map(({ entry }) => entry),
        now(),
      );
      if (passed.length > 0) await remove(passed);
      return { mark: "", entries: live };
    },
    async set(entry) {
      const row = { subject: entry.subject, entry: JSON.stringify(entry) };
      const insert = query.insertInto(table).values(row);
      const text = { entry: row.entry };
      await (
        db.dialect === "mysql"
          ? insert.onDuplicateKeyUpdate(text)
          : insert.onConflict((conflict) => conflict.column("subject").doUpdateSet(text))
      ).execute();
    },
    delete: (subject) => remove([subject]),
  };
}

interface Sifted {
  readonly live: readonly AccessEntry[];
  /** Subjects of entries whose time has passed. */
  readonly passed: readonly string[];
}

function sift(texts: readonly string[], now: number): Sifted {
  const entries = texts.map((text) => JSON.parse(text) as AccessEntry);
  const isPast = ({ until }: AccessEntry): boolean => until !== null && until <= now;
  return {
    live: entries.filter((entry) => !isPast(entry)).sort((one, other) => (one.subject < other.subject ? -1 : 1)),
    passed: entries.filter(isPast).map(({ subject }) => subject),
  };
}
