import { sql } from "kysely";
import { delay } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import type { AnyKysely } from "./migration.ts";
import { PinnedTarget } from "./pinned-target.ts";
import { type MigrationRun, type Step, callMigration, doneRecord, failure, faultsOf } from "./run-migration.ts";
import { createStatementHandle } from "./statement-handle.ts";

const LOCK_ATTEMPTS = 10;
const LOCK_PAUSE = 500;
/** SQLSTATE `lock_not_available`. */
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Runs a migration in one transaction with its record: both are there afterwards, or neither.
 *
 * On PostgreSQL a statement that waits long for a table's lock makes everyone else who wants that table wait behind it. So it waits a short
 * time only; then the whole transaction is given up and tried again after a pause in which the others get through.
 *
 * @throws E_DB_MIGRATION_FAILED
 */
export async function runAtomic(run: MigrationRun, step: Step): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await (run.engine === "sqlite" ? runOnSqlite(run, step) : runOnce(run, step));
      return;
    } catch (thrown) {
      if (!isLockTimeout(thrown) || attempt === LOCK_ATTEMPTS || run.signal?.aborted === true) {
        throw failure(step, thrown, "It was rolled back: the database is as it was before it.");
      }
      run.log?.warn({ migration: step.migration.name, attempt }, "a table is in use: trying the migration again");
      await delay(run.clock, LOCK_PAUSE * attempt * (0.5 + Math.random()), run.signal);
    }
  }
}

async function runOnce(run: MigrationRun, step: Step, check?: (transaction: AnyKysely) => Promise<void>): Promise<void> {
  const { clock, connection, engine, history } = run;
  const begun = clock.monotonic();
  await connection.transaction().execute(async (transaction) => {
    if (engine === "postgres") {
      await sql`set local lock_timeout = ${sql.lit(run.tableLockTimeout)}`.execute(transaction);
      await sql`set local statement_timeout = 0`.execute(transaction);
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(transaction);
    }
    const target = new PinnedTarget({ handle: transaction, engine, faults: faultsOf(step) });
    await callMigration(step, createStatementHandle(engine, target), { dialect: engine });
    await check?.(transaction);
    if (step.direction === "down") return history.forget(transaction, step.migration.name);
    const record = doneRecord(run, step, begun);
    await (step.record === undefined ? history.insert(transaction, record) : history.replace(transaction, record));
  });
}

interface Orphan {
  readonly table: string;
  readonly rowid: number | bigint | null;
  readonly parent: string;
  readonly fkid: number | bigint;
}

/**
 * SQLite can change most of a table only by building it anew, and dropping the old one would delete what refers to it. As its manual says
 * (lang_altertable, section 7), foreign keys are off meanwhile, and checked before the commit.
 */
async function runOnSqlite(run: MigrationRun, step: Step): Promise<void> {
  const { connection } = run;
  const { rows } = await sql<{ foreign_keys: number | bigint }>`pragma foreign_keys`.execute(connection);
  const enforced = Number(rows[0]?.foreign_keys) === 1;
  if (!enforced) return runOnce(run, step);
  const before = new Set((await findOrphans(connection)).map(describeOrphan));
  await sql`pragma foreign_keys = off`.execute(connection);
  try {
    await runOnce(run, step, async (transaction) => {
      const added = (await findOrphans(transaction)).map(describeOrphan).filter((row) => !before.has(row));
      if (added.length > 0) throw errors.MIGRATION_ORPHANS({ rows: [...new Set(added)].slice(0, 5).join(", ") });
    });
  } finally {
    await sql`pragma foreign_keys = on`.execute(connection);
  }
}

async function findOrphans(db: AnyKysely): Promise<readonly Orphan[]> {
  return (await sql<Orphan>`pragma foreign_key_check`.execute(db)).rows;
}

const describeOrphan = ({ table, rowid, parent }: Orphan): string => `${table} ${rowid ?? ""} refers to ${parent}`;

/** The engine's code, which a wrapper's own may hide. */
function isLockTimeout(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ((error as { readonly code?: unknown }).code === LOCK_NOT_AVAILABLE) return true;
  }
  return false;
}
