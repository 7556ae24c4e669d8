import { errors } from "../errors.ts";
import { MigrationHistory } from "./history.ts";
import { type MigrationReport, type MigratorOptions, underLock } from "./migrate.ts";
import { type Comparison, requireKnown, requireSoundHistory, rollbackOrder } from "./plan.ts";
import type { Step } from "./run-migration.ts";

/** Which migrations to roll back; at most one of these. Default: the last one. */
export interface RollbackChoice {
  /** So many, the latest first. */
  readonly steps?: number | undefined;
  /** All that were applied after this one, which stays. */
  readonly target?: string | undefined;
  /** All of the last run. */
  readonly lastBatch?: boolean | undefined;
}

export interface RollbackOptions extends MigratorOptions, RollbackChoice {}

/**
 * Undoes applied migrations by their `down`, the latest first. When one of them has none, nothing is rolled back at all.
 *
 * @throws E_DB_MIGRATION_IRREVERSIBLE, E_DB_MIGRATION_TARGET_INVALID and what `migrate` throws
 */
export function rollback(options: RollbackOptions): Promise<MigrationReport> {
  const history = new MigrationHistory(options.database.dialect);
  return underLock(options, history, (comparison) => chooseRollback(comparison, options));
}

/** @throws E_DB_MIGRATION_IRREVERSIBLE, E_DB_MIGRATION_TARGET_INVALID, E_DB_MIGRATION_UNKNOWN and what `requireSoundHistory` throws */
export function chooseRollback(comparison: Comparison, choice: RollbackChoice): readonly Step[] {
  requireSoundHistory(comparison);
  const { migrations } = comparison;
  const applied = rollbackOrder(comparison.records);
  const steps = applied.slice(0, countSteps(applied, choice)).map((record): Step => {
    return { migration: requireKnown(migrations, record.name), direction: "down", record };
  });
  const irreversible = steps.find(({ migration }) => migration.down === undefined);
  if (irreversible !== undefined) throw errors.MIGRATION_IRREVERSIBLE({ name: irreversible.migration.name });
  return steps;
}

function countSteps(applied: ReturnType<typeof rollbackOrder>, { steps, target, lastBatch }: RollbackChoice): number {
  if (target !== undefined) {
    const index = applied.findIndex(({ name }) => name === target);
    if (index === -1) throw errors.MIGRATION_TARGET_INVALID({ name: target, reason: "it is not applied" });
    return index;
  }
  if (lastBatch === true) return applied.filter(({ batch }) => batch === applied[0]?.batch).length;
  const count = steps ?? 1;
  if (!(count >= 1)) throw errors.MIGRATION_TARGET_INVALID({ name: String(count), reason: "the number of steps is at least 1" });
  return count;
}
