import type { DatabaseDialect } from "../../contract.ts";
import { type Clock, delay } from "../../../core/mod.ts";
import type { Logger } from "../../../log/contract.ts";
import { errors } from "../../errors.ts";
import type { AnyKysely, MigrationDatabase } from "../migration.ts";
import type { LockMethod, MigrationLock } from "./migration-lock.ts";
import { mysqlLock } from "./mysql-lock.ts";
import { postgresLock } from "./postgres-lock.ts";
import { sqliteLock } from "./sqlite-lock.ts";

const METHODS: Readonly<Record<DatabaseDialect, LockMethod>> = { sqlite: sqliteLock, postgres: postgresLock, mysql: mysqlLock };

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 1_000;

export interface LockOptions {
  readonly database: MigrationDatabase;
  /** Milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly log?: Logger | undefined;
}

/** The one connection that has the lock. What runs on it ends with the lock, and the lock with it. */
export interface LockedConnection {
  readonly connection: AnyKysely;
  /** Whether the lock is still there. */
  held(): Promise<boolean>;
}

type Attempt<Result> = { readonly value: Result } | { readonly holder: string };

/**
 * Runs a function on a connection that has the migration lock. While another session has it, no connection is kept: it is tried again, with
 * growing pauses.
 *
 * @throws E_DB_MIGRATION_LOCK_TIMEOUT, the signal's reason
 */
export async function withMigrationLock<Result>(
  options: LockOptions,
  run: (locked: LockedConnection) => Promise<Result>,
): Promise<Result> {
  const { clock, signal, timeout, log } = options;
  const begun = clock.monotonic();
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    signal?.throwIfAborted();
    const attempt = await tryLocked(options.database, run);
    if ("value" in attempt) return attempt.value;
    const waited = Math.round(clock.monotonic() - begun);
    if (waited >= timeout) throw errors.MIGRATION_LOCK_TIMEOUT({ milliseconds: waited, holder: attempt.holder });
    if (pause === FIRST_PAUSE) log?.info({ holder: attempt.holder }, "another migrator is at work: waiting for it");
    // Jitter: those who wait for the same lock shall not come back at the same moments.
    await delay(clock, Math.min(pause * (0.5 + Math.random()), timeout - waited), signal);
  }
}

function tryLocked<Result>(
  database: MigrationDatabase,
  run: (locked: LockedConnection) => Promise<Result>,
): Promise<Attempt<Result>> {
  const method = METHODS[database.dialect];
  return database.query.connection().execute(async (pinned): Promise<Attempt<Result>> => {
    // Migrations speak of tables and columns by the names that the database has for them: no plugin renames them.
    const connection = pinned.withoutPlugins();
    const lock = await method.take(connection);
    if (lock === undefined) return { holder: await method.holder(connection) };
    return { value: await runAndRelease(lock, () => run({ connection, held: () => lock.held() })) };
  });
}

async function runAndRelease<Result>(lock: MigrationLock, run: () => Promise<Result>): Promise<Result> {
  let result: Result;
  try {
    result = await run();
  } catch (thrown) {
    // A connection that broke cannot give the lock back, and need not. What broke it is the error to report.
    await lock.release().catch(() => undefined);
    throw thrown;
  }
  await lock.release();
  return result;
}
