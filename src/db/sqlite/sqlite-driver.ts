import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { CompiledQuery } from "kysely";
import type { Clock } from "../../core/mod.ts";
import type { ConnectionUse, DatabaseDriver, DriverConnection, DriverFailure } from "../contract.ts";
import { SqliteCancelled, SqliteConnection, endedTransactions, resultCode } from "./sqlite-connection.ts";
import { readsOnly } from "./sqlite-statements.ts";

export interface SqliteDriverOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly clock: Clock;
  /** Milliseconds to try for a lock that another process or thread holds. */
  readonly lockTimeout: number;
}

/** SQLITE_CANTOPEN. */
const CANNOT_OPEN = 14;

// WAL: readers and the writer do not wait for each other. FULL: what is committed survives the loss of power. -16 MiB of page cache.
const SETUP = "pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16384; pragma temp_store = memory";

/** SQLite by Node's own module. */
export function createSqliteDriver({ path, clock, lockTimeout }: SqliteDriverOptions): DatabaseDriver {
  const inMemory = path === ":memory:";
  const open = async (use: ConnectionUse): Promise<DriverConnection> => {
    const connection = new SqliteConnection({ path, readOnly: use === "read", clock, lockTimeout });
    try {
      if (use === "write") for (const pragma of SETUP.split("; ")) await connection.execute(pragma, [], { prepare: false });
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  };
  return {
    dialect: "sqlite",
    target: inMemory ? "sqlite in memory" : `sqlite file ${path}`,
    singleWriter: true,
    separateReaders: !inMemory,
    isRead: isReadQuery,
    async connect(use) {
      // Nobody else's business, as far as the folder is made here.
      if (!inMemory) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      if (use === "write") return open("write");
      try {
        return await open("read");
      } catch (error) {
        if (primaryCode(error) !== CANNOT_OPEN) throw error;
        // The file is made, and WAL switched on, by the first writer: there was nothing to open before that.
        (await open("write")).destroy();
        return open("read");
      }
    },
    classify,
  };
}

function isReadQuery(query: CompiledQuery): boolean {
  return (
    query.query.kind === "SelectQueryNode" ||
    (query.query.kind === "RawNode" && readsOnly(query.sql) && !/^\s*pragma/i.test(query.sql))
  );
}

function primaryCode(error: unknown): number {
  return (resultCode(error) ?? 0) & 0xff;
}

const BY_EXTENDED_CODE: Readonly<Record<number, DriverFailure["kind"]>> = {
  2067: "unique", // SQLITE_CONSTRAINT_UNIQUE
  1555: "unique", // SQLITE_CONSTRAINT_PRIMARYKEY
  2579: "unique", // SQLITE_CONSTRAINT_ROWID
  787: "foreign-key", // SQLITE_CONSTRAINT_FOREIGNKEY
  1811: "foreign-key", // SQLITE_CONSTRAINT_TRIGGER, which `on delete restrict` reports as
  1299: "not-null", // SQLITE_CONSTRAINT_NOTNULL
  275: "check", // SQLITE_CONSTRAINT_CHECK
  517: "serialization", // SQLITE_BUSY_SNAPSHOT: the snapshot that was read is no longer the newest
};

const BY_CODE: Readonly<Record<number, DriverFailure["kind"]>> = {
  5: "busy", // SQLITE_BUSY
  6: "busy", // SQLITE_LOCKED
  8: "read-only", // SQLITE_READONLY
  9: "cancelled", // SQLITE_INTERRUPT
  10: "lost", // SQLITE_IOERR
  [CANNOT_OPEN]: "unavailable",
};

function classify(error: unknown): DriverFailure {
  if (error instanceof SqliteCancelled) return { kind: "cancelled" };
  const code = resultCode(error);
  if (code === undefined) {
    const isClosed = (error as { code?: unknown } | null)?.code === "ERR_INVALID_STATE";
    return isClosed ? { kind: "lost", endsTransaction: true } : { kind: "other" };
  }
  const kind = BY_EXTENDED_CODE[code] ?? BY_CODE[code & 0xff] ?? "other";
  const endsTransaction = endedTransactions.has(error as object);
  return { kind, endsTransaction, ...placesOf((error as Error).message) };
}

/** `UNIQUE constraint failed: accounts.email, accounts.tenant`; a check names its own text or name instead. */
function placesOf(message: string): Partial<DriverFailure> {
  const match = /^(UNIQUE|NOT NULL|CHECK) constraint failed: (.+)$/.exec(message);
  const named = match?.[2];
  if (named === undefined) return {};
  if (match?.[1] === "CHECK" || named.startsWith("index ")) return { constraint: named.replace(/^index '(.*)'$/, "$1") };
  const places = named.split(", ").map((place) => place.split("."));
  return { table: places[0]?.[0], columns: places.map((place) => place[1] ?? "") };
}
