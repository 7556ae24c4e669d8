import { systemClock, toError } from "../../core/mod.ts";
import { HISTORY_TABLE, MigrationHistory } from "./history.ts";
import type { MigrateOptions } from "./migrate.ts";
import type { MigrationDatabase } from "./migration.ts";
import { readComparison } from "./migration-status.ts";
import { chooseMigrations } from "./plan.ts";
import { type RecordedStatement, RecordingTarget } from "./recording-target.ts";
import { type RollbackOptions, chooseRollback } from "./rollback.ts";
import { type Step, callMigration, doneRecord, isAtomic, faultsOf } from "./run-migration.ts";
import { createStatementHandle } from "./statement-handle.ts";

/** What one migration would do. */
export interface MigrationPreview {
  readonly name: string;
  readonly statements: readonly RecordedStatement[];
  /** Whether it reads from the database. What it does after that may depend on what it reads, and is shown as if there were nothing. */
  readonly reads: boolean;
  /** Why the preview ends early: without rows to read, the migration could not go on. */
  readonly stoppedBy: Error | undefined;
}

/**
 * The statements that `migrate` would run, in order, and nothing is run. A migration that reads data finds none here, so what it does with data is
 * not shown.
 *
 * @throws what `migrate` throws before it runs anything
 */
export async function previewMigrations(options: MigrateOptions): Promise<readonly MigrationPreview[]> {
  const comparison = await readComparison(options);
  const steps = chooseMigrations(comparison, options).map((migration): Step => {
    const record = comparison.records.find(({ name }) => name === migration.name);
    return { migration, direction: "up", record };
  });
  const first = comparison.records.length === 0 && steps.length > 0 ? [await previewHistory(options.database)] : [];
  return [...first, ...(await previewAll(options, steps))];
}

/** The statements that `rollback` would run. @throws what `rollback` throws before it runs anything */
export async function previewRollback(options: RollbackOptions): Promise<readonly MigrationPreview[]> {
  return previewAll(options, chooseRollback(await readComparison(options), options));
}

async function previewHistory({ dialect }: MigrationDatabase): Promise<MigrationPreview> {
  const target = new RecordingTarget();
  await new MigrationHistory(dialect).create(createStatementHandle(dialect, target));
  return { name: HISTORY_TABLE, statements: target.statements, reads: false, stoppedBy: undefined };
}

async function previewAll(options: MigrateOptions, steps: readonly Step[]): Promise<readonly MigrationPreview[]> {
  const previews: MigrationPreview[] = [];
  for (const step of steps) previews.push(await previewStep(options, step));
  return previews;
}

async function previewStep({ database, clock = systemClock }: MigrateOptions, step: Step): Promise<MigrationPreview> {
  const engine = database.dialect;
  const atomic = isAtomic({ engine }, step);
  const target = new RecordingTarget(atomic ? faultsOf(step).nested : undefined);
  const handle = createStatementHandle(engine, target);
  let stoppedBy: Error | undefined;
  if (atomic) await target.note("begin");
  try {
    await callMigration(step, handle, { dialect: engine });
    const history = new MigrationHistory(engine);
    if (step.direction === "down") await history.forget(handle, step.migration.name);
    else await history.insert(handle, doneRecord({ clock, batch: 1 }, step, clock.monotonic()));
    if (atomic) await target.note("commit");
  } catch (thrown) {
    stoppedBy = toError(thrown);
  }
  return { name: step.migration.name, statements: target.statements, reads: target.reads, stoppedBy };
}
