import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import type { AnyKysely } from "../migration.ts";
import type { LockMethod, MigrationLock } from "./migration-lock.ts";

const BUSY = 5;

/** A database in memory has one connection, which the migrator has already. */
const UNNEEDED: MigrationLock = { held: () => Promise.resolve(true), release: () => Promise.resolve() };

/**
 * An exclusive transaction on an empty database file beside the real one: the system frees it when its process dies. The real database stays
 * open to readers and writers meanwhile.
 */
export const sqliteLock: LockMethod = {
  async take(connection) {
    const file = await fileOf(connection);
    if (file === "") return UNNEEDED;
    const side = new DatabaseSync(lockFile(file), { timeout: 0 });
    try {
      side.exec("begin exclusive");
      return new SideFileLock(side);
    } catch (thrown) {
      side.close();
      if (isBusy(thrown)) return undefined;
      throw thrown;
    }
  },

  async holder(connection) {
    return `whichever process has ${lockFile(await fileOf(connection))} open`;
  },
};

const lockFile = (file: string): string => `${file}-migrate.lock`;

async function fileOf(connection: AnyKysely): Promise<string> {
  const { rows } = await sql<{ name: string; file: string | null }>`pragma database_list`.execute(connection);
  return rows.find(({ name }) => name === "main")?.file ?? "";
}

class SideFileLock implements MigrationLock {
  readonly #side: DatabaseSync;

  constructor(side: DatabaseSync) {
    this.#side = side;
  }

  held(): Promise<boolean> {
    return Promise.resolve(this.#side.isTransaction);
  }

  release(): Promise<void> {
    this.#side.close();
    return Promise.resolve();
  }
}

/** The low byte is the code, the others say more about it. */
function isBusy(thrown: unknown): boolean {
  const { errcode } = thrown as { readonly errcode?: unknown };
  return typeof errcode === "number" && (errcode & 0xff) === BUSY;
}
