import { errors } from "../errors.ts";
import { MigrationHistory, type RecordState } from "./history.ts";
import type { MigrationDatabase, NamedMigration } from "./migration.ts";
import { type Comparison, compareMigrations, isAhead, requireSoundHistory } from "./plan.ts";

/** `changed`: applied from another text; `missing`: applied, but not among the migrations. */
export type MigrationState = RecordState | "pending" | "changed" | "missing";

export interface MigrationStatus {
  readonly name: string;
  readonly state: MigrationState;
  /** ISO 8601 in UTC; undefined when it is pending. */
  readonly appliedAt: string | undefined;
  readonly durationMs: number | undefined;
  readonly batch: number | undefined;
  /** How far it got, where it is not done; what is odd, where something is. */
  readonly detail: string | undefined;
}

export interface StatusOptions {
  readonly database: MigrationDatabase;
  readonly migrations: readonly NamedMigration[];
}

/** Every migration, known or recorded, by name. Reads only: nothing is created or locked. */
export async function migrationStatus(options: StatusOptions): Promise<readonly MigrationStatus[]> {
  const comparison = await readComparison(options);
  const { migrations, records, outOfOrder } = comparison;
  const recorded = new Map(records.map((record) => [record.name, record]));
  const names = [...new Set([...migrations.map(({ name }) => name), ...recorded.keys()])].sort();
  return names.map((name) => {
    const record = recorded.get(name);
    return {
      name,
      state: stateOf(comparison, name, record?.state),
      appliedAt: record?.appliedAt,
      durationMs: record?.durationMs,
      batch: record?.batch,
      detail: outOfOrder.includes(name) ? "older than the newest applied one" : record?.detail,
    };
  });
}

function stateOf({ changed, missing }: Comparison, name: string, recorded: RecordState | undefined): MigrationState {
  if (missing.includes(name)) return "missing";
  if (changed.includes(name)) return "changed";
  return recorded ?? "pending";
}

/** Whether the database has what this version of the program needs. */
export interface MigrationCheck {
  readonly ok: boolean;
  /** Names. */
  readonly pending: readonly string[];
  /** Migrations of a newer version that are there already, as during a rolling deployment. They are no fault. */
  readonly ahead: readonly string[];
  /** What is wrong. */
  readonly error: Error | undefined;
}

/** Looks, and changes nothing. A database that a newer version has migrated further is fine. */
export async function checkMigrations(options: StatusOptions): Promise<MigrationCheck> {
  const comparison = await readComparison(options);
  const pending = comparison.pending.map(({ name }) => name);
  if (isAhead(comparison)) return { ok: true, pending, ahead: comparison.missing, error: undefined };
  const error = faultOf(comparison);
  return { ok: error === undefined, pending, ahead: [], error };
}

function faultOf(comparison: Comparison): Error | undefined {
  const { pending, interrupted } = comparison;
  const names = [...interrupted.map(({ name }) => name), ...pending.map(({ name }) => name)];
  try {
    requireSoundHistory(comparison);
  } catch (thrown) {
    return thrown as Error;
  }
  return names.length === 0 ? undefined : errors.MIGRATIONS_PENDING({ names: names.sort() });
}

/** @throws E_DB_MIGRATIONS_PENDING, E_DB_MIGRATION_CHANGED, E_DB_MIGRATION_MISSING, E_DB_MIGRATION_INTERRUPTED */
export async function assertMigrated(options: StatusOptions): Promise<void> {
  const { error } = await checkMigrations(options);
  if (error !== undefined) throw error;
}

export async function readComparison({ database, migrations }: StatusOptions): Promise<Comparison> {
  const records = await new MigrationHistory(database.dialect).read(database.query.withoutPlugins());
  return compareMigrations(migrations, records);
}
