import type { DatabaseDialect } from "../contract.ts";
import { type Clock, toError } from "../../core/mod.ts";
import type { Logger } from "../../log/contract.ts";
import { errors } from "../errors.ts";
import type { MigrationHistory, MigrationRecord } from "./history.ts";
import type { AnyKysely, MigrationContext, NamedMigration } from "./migration.ts";
import type { TargetFaults } from "./pinned-target.ts";

export type Direction = "up" | "down";

/** What one migration is run with. */
export interface MigrationRun {
  readonly engine: DatabaseDialect;
  /** The pinned connection that has the lock. */
  readonly connection: AnyKysely;
  readonly history: MigrationHistory;
  readonly clock: Clock;
  readonly log?: Logger | undefined;
  readonly batch: number;
  /** Milliseconds that a statement waits for a lock on a table before it gives way to those who queue behind it. */
  readonly tableLockTimeout: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Step {
  readonly migration: NamedMigration;
  readonly direction: Direction;
  /** What the database remembers of it, if anything. */
  readonly record: MigrationRecord | undefined;
}

/** Whether a migration and its record are one transaction. */
export function isAtomic({ engine }: Pick<MigrationRun, "engine">, { migration }: Step): boolean {
  return engine !== "mysql" && migration.transactional !== false;
}

/** The record of a migration that is done. */
export function doneRecord(run: Pick<MigrationRun, "clock" | "batch">, { migration }: Step, begun: number): MigrationRecord {
  return {
    name: migration.name,
    checksum: migration.checksum,
    batch: run.batch,
    state: "applied",
    appliedAt: new Date(run.clock.now()).toISOString(),
    durationMs: Math.round(run.clock.monotonic() - begun),
    detail: undefined,
  };
}

/** Calls the migration's own function. @throws E_DB_MIGRATION_IRREVERSIBLE and what it throws */
export async function callMigration({ migration, direction }: Step, db: AnyKysely, context: MigrationContext): Promise<void> {
  if (direction === "up") return await migration.up(db, context);
  if (migration.down === undefined) throw errors.MIGRATION_IRREVERSIBLE({ name: migration.name });
  await migration.down(db, context);
}

/** What a migration may not do, as errors with its name. */
export function faultsOf({ migration: { name } }: Step): TargetFaults {
  return { nested: () => errors.MIGRATION_NESTED({ name }), several: () => errors.MIGRATION_STATEMENTS({ name }) };
}

export function failure({ migration, direction }: Step, thrown: unknown, aftermath: string): Error {
  const cause = toError(thrown);
  return errors.MIGRATION_FAILED(
    { name: migration.name, direction, reason: cause.message.replace(/\.$/, ""), aftermath },
    { cause },
  );
}
