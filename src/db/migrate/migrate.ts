import { type Clock, type Duration, parseDuration, systemClock } from "../../core/mod.ts";
import type { Logger } from "../../log/contract.ts";
import { errors } from "../errors.ts";
import { MigrationHistory } from "./history.ts";
import { type LockedConnection, withMigrationLock } from "./lock/with-lock.ts";
import type { MigrationDatabase, NamedMigration } from "./migration.ts";
import { type Comparison, type ChoiceOptions, chooseMigrations, compareMigrations } from "./plan.ts";
import { runAtomic } from "./run-atomic.ts";
import { type MigrationRun, type Step, isAtomic } from "./run-migration.ts";
import { runStepwise } from "./run-stepwise.ts";

export interface MigratorOptions {
  readonly database: MigrationDatabase;
  /** From `loadMigrations` or `defineMigrations`. */
  readonly migrations: readonly NamedMigration[];
  /** How long to wait for another migrator. Default `"5m"`. */
  readonly lockTimeout?: Duration;
  /**
   * How long a statement waits for a lock on a table, while all others who want that table wait behind it. In a transaction
   * (PostgreSQL) the migration is then tried again, ten times in all. Default `"5s"`.
   */
  readonly tableLockTimeout?: Duration;
  readonly log?: Logger | undefined;
  readonly clock?: Clock;
  /** Ends the wait for the lock, and the run between two migrations. */
  readonly signal?: AbortSignal | undefined;
}

export interface MigrateOptions extends MigratorOptions, ChoiceOptions {}

/** What a run has done. */
export interface MigrationReport {
  /** Names, in the order in which they ran. */
  readonly done: readonly string[];
  /** The number of this run; undefined when there was nothing to do. */
  readonly batch: number | undefined;
}

const NOTHING: MigrationReport = { done: [], batch: undefined };

/**
 * Applies pending migrations, in order, alone among all that try. Each is one transaction with its record where the engine
 * allows it (PostgreSQL, SQLite).
 *
 * @param options.target the last one to apply; default: all
 * @param options.allowOutOfOrder whether those older than the newest applied one are applied too
 *
 * @throws E_DB_MIGRATION_CHANGED, E_DB_MIGRATION_MISSING, E_DB_MIGRATION_OUT_OF_ORDER, E_DB_MIGRATION_INTERRUPTED,
 * E_DB_MIGRATION_FAILED, E_DB_MIGRATION_LOCK_TIMEOUT, E_DB_MIGRATION_LOCK_LOST, E_DB_MIGRATION_UNKNOWN
 *
 * @example
 * await migrate({ database, migrations: await loadMigrations("migrations") });
 */
export async function migrate(options: MigrateOptions): Promise<MigrationReport> {
  const { database, migrations } = options;
  const history = new MigrationHistory(database.dialect);
  // Without the lock: most starts find nothing to do, and need not queue for that.
  const comparison = compareMigrations(migrations, await history.read(database.query.withoutPlugins()));
  if (isSettled(comparison) && chooseMigrations(comparison, options).length === 0) return NOTHING;
  return underLock(options, history, (current) =>
    chooseMigrations(current, options).map((migration) => ({
      migration,
      direction: "up",
      record: current.records.find(({ name }) => name === migration.name),
    })),
  );
}

/** Whether what was read without the lock can be believed: another migrator's work under way looks like one that was cut off. */
function isSettled({ interrupted, pending }: Comparison): boolean {
  return interrupted.length === 0 && pending.length === 0;
}

/** Decides under the lock what there is to do, and does it. */
export function underLock(
  options: MigratorOptions,
  history: MigrationHistory,
  choose: (comparison: Comparison) => readonly Step[],
): Promise<MigrationReport> {
  const { database, log, signal, clock = systemClock } = options;
  const timeout = parseDuration(options.lockTimeout ?? "5m");
  return withMigrationLock({ database, timeout, clock, signal, log }, async (locked) => {
    await history.create(locked.connection);
    const records = await history.read(locked.connection);
    const steps = choose(compareMigrations(options.migrations, records));
    if (steps.length === 0) return NOTHING;
    const run: MigrationRun = {
      engine: database.dialect,
      connection: locked.connection,
      history,
      clock,
      log,
      signal,
      batch: Math.max(0, ...records.map(({ batch }) => batch)) + 1,
      tableLockTimeout: parseDuration(options.tableLockTimeout ?? "5s"),
    };
    return { done: await runSteps(run, locked, steps), batch: run.batch };
  });
}

async function runSteps(run: MigrationRun, locked: LockedConnection, steps: readonly Step[]): Promise<readonly string[]> {
  const done: string[] = [];
  for (const step of steps) {
    run.signal?.throwIfAborted();
    const { name } = step.migration;
    if (!(await locked.held())) throw errors.MIGRATION_LOCK_LOST({ name });
    const begun = run.clock.monotonic();
    await runStep(run, step);
    const durationMs = Math.round(run.clock.monotonic() - begun);
    run.log?.info({ migration: name, durationMs }, step.direction === "up" ? "migration applied" : "migration rolled back");
    done.push(name);
  }
  return done;
}

/** One migration, as it is run. */
export function runStep(run: MigrationRun, step: Step): Promise<void> {
  return isAtomic(run, step) ? runAtomic(run, step) : runStepwise(run, step);
}
