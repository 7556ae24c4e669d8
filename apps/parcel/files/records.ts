import type { Cache, CacheNamespace } from "plinth/cache";
import { type Database, deleteVersioned, updateVersioned } from "plinth/db";
import * as z from "zod";
import type { FileRow, Tables } from "../database.ts";

/** What is known of a stored file. */
export interface FileRecord {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Grows by one with every change. */
  readonly version: number;
}

export type Page = z.infer<typeof Page>;

/** How long a page may be taken from the cache: changes through Parcel show at once, others in the database after this. */
const PAGE_TTL = "1m";

const Page = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      owner: z.string(),
      name: z.string(),
      type: z.string(),
      size: z.number(),
      hash: z.string(),
      createdAt: z.number(),
      version: z.number(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

/** Records of files. Pages of them are cached, and forgotten with the commit of whatever changes them. */
export class FileRecords {
  readonly #database: Database<Tables>;
  readonly #cache: Cache;
  readonly #pages: CacheNamespace<Page>;

  constructor(database: Database<Tables>, cache: Cache) {
    this.#database = database;
    this.#cache = cache;
    this.#pages = cache.namespace("files", { schema: Page, ttl: PAGE_TTL });
  }

  async add(record: FileRecord): Promise<void> {
    await this.#database.transaction(async ({ query }) => {
      await query.insertInto("files").values(toRow(record)).execute();
      await this.#forget(record.owner);
    });
  }

  async find(owner: string, id: string): Promise<FileRecord | undefined> {
    const row = await this.#database.query
      .selectFrom("files")
      .selectAll()
      .where("owner", "=", owner)
      .where("id", "=", id)
      .executeTakeFirst();
    return row === undefined ? undefined : toRecord(row);
  }

  /** Newest first. @param cursor the last id of the page before */
  list(owner: string, limit: number, cursor?: string): Promise<Page> {
    return this.#pages.getOrSet([owner, limit, cursor ?? ""], () => this.#read(owner, limit, cursor), { tags: [tagOf(owner)] });
  }

  /**
   * Gives a file another name, unless it has changed since its record was read.
   *
   * @returns the record as it is now
   * @throws E_DB_VERSION_CONFLICT (412) when somebody else was first
   */
  rename(record: FileRecord, name: string): Promise<FileRecord> {
    return this.#database.transaction(async ({ query }) => {
      const update = query.updateTable("files").set({ name }).where("id", "=", record.id);
      const version = await updateVersioned(update, record);
      await this.#forget(record.owner);
      return { ...record, name, version };
    });
  }

  /** Removes a record, unless it has changed since it was read. @throws E_DB_VERSION_CONFLICT (412) */
  remove(record: FileRecord): Promise<void> {
    return this.#database.transaction(async ({ query }) => {
      await deleteVersioned(query.deleteFrom("files").where("id", "=", record.id), record);
      await this.#forget(record.owner);
    });
  }

  async #read(owner: string, limit: number, cursor: string | undefined): Promise<Page> {
    const rows = await this.#database.query
      .selectFrom("files")
      .selectAll()
      .where("owner", "=", owner)
      .$if(cursor !== undefined, (query) => query.where("id", "<", cursor as string))
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit).map(toRecord);
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  #forget(owner: string): Promise<void> {
    return this.#cache.invalidateTags([tagOf(owner)]);
  }
}

const tagOf = (owner: string): string => `files:${owner}`;

function toRow({ createdAt, ...rest }: FileRecord): FileRow {
  return { ...rest, created_at: createdAt };
}

function toRecord({ created_at, ...rest }: FileRow): FileRecord {
  return { ...rest, createdAt: created_at };
}
