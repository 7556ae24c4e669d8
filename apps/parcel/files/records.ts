import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Service, delay, systemClock } from "plinth/core";

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
}

export interface Page {
  readonly items: readonly FileRecord[];
  readonly nextCursor: string | null;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
    size INTEGER NOT NULL, hash TEXT NOT NULL, createdAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS files_by_owner ON files (owner, id DESC);
`;

/** SQLite's code for "another connection has the lock": the low byte, the rest says what for (writing, a snapshot, recovery). */
const BUSY = 5;
const PRIMARY_CODE = 0xff;
const RETRY_MS = 5;
const RETRIES = 400;

/** Records of files in SQLite. Several threads share the database; a lock is waited for beside the event loop, never on it. */
export class FileRecords implements Service {
  readonly name = "file-records";
  readonly #path: string;
  #database: DatabaseSync | undefined;
  #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#path = path;
  }

  async start(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true });
    const database = new DatabaseSync(this.#path, { timeout: 0 });
    this.#database = database;
    await whenFree(() => database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"));
    await whenFree(() => database.exec(SCHEMA));
  }

  check(): void {
    this.#prepare("SELECT id FROM files LIMIT 1").get();
  }

  stop(): void {
    this.#statements.clear();
    this.#database?.close();
    this.#database = undefined;
  }

  async add(record: FileRecord): Promise<void> {
    const insert = this.#prepare(
      "INSERT INTO files (id, owner, name, type, size, hash, createdAt) VALUES (:id, :owner, :name, :type, :size, :hash, :createdAt)",
    );
    await whenFree(() => insert.run({ ...record }));
  }

  find(owner: string, id: string): FileRecord | undefined {
    return this.#prepare("SELECT * FROM files WHERE owner = ? AND id = ?").get(owner, id) as FileRecord | undefined;
  }

  /** Newest first. @param cursor the last id of the page before */
  list(owner: string, limit: number, cursor = "~"): Page {
    const items = this.#prepare("SELECT * FROM files WHERE owner = ? AND id < ? ORDER BY id DESC LIMIT ?").all(
      owner,
      cursor,
      limit + 1,
    ) as unknown as FileRecord[];
    const more = items.length > limit;
    if (more) items.pop();
    return { items, nextCursor: more ? (items.at(-1)?.id ?? null) : null };
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#database === undefined) throw new Error("the database is not open");
      this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    }
    return statement;
  }
}

/** Runs a write, again after a moment while another connection holds the lock: two seconds at most. */
async function whenFree<Result>(write: () => Result): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return write();
    } catch (thrown) {
      const { errcode = 0 } = thrown as { errcode?: number };
      if ((errcode & PRIMARY_CODE) !== BUSY || attempt === RETRIES) throw thrown;
      await delay(systemClock, RETRY_MS);
    }
  }
}
