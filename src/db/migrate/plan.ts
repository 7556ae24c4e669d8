import { errors } from "../errors.ts";
import type { MigrationRecord } from "./history.ts";
import type { NamedMigration } from "./migration.ts";

/** Migrations held against what the database remembers. */
export interface Comparison {
  readonly migrations: readonly NamedMigration[];
  readonly records: readonly MigrationRecord[];
  /** Not begun, in order. */
  readonly pending: readonly NamedMigration[];
  /** Applied from another text. */
  readonly changed: readonly string[];
  /** Recorded, but not among the migrations. */
  readonly missing: readonly string[];
  /** Pending, though a newer one is applied. */
  readonly outOfOrder: readonly string[];
  /** Begun without a transaction, and not ended. */
  readonly interrupted: readonly MigrationRecord[];
  readonly newestApplied: string | undefined;
}

/** Pure: both lists in the order of names. */
export function compareMigrations(migrations: readonly NamedMigration[], found: readonly MigrationRecord[]): Comparison {
  const records = found.map((record) => (isStillApplied(record) ? { ...record, state: "applied" as const } : record));
  const recorded = new Map(records.map((record) => [record.name, record]));
  const known = new Set(migrations.map(({ name }) => name));
  const newestApplied = records.findLast(({ state }) => state === "applied")?.name;
  const pending = migrations.filter(({ name }) => !recorded.has(name));
  return {
    migrations,
    records,
    pending,
    changed: migrations.filter((migration) => isChanged(migration, recorded.get(migration.name))).map(({ name }) => name),
    missing: records.map(({ name }) => name).filter((name) => !known.has(name)),
    outOfOrder: pending.map(({ name }) => name).filter((name) => newestApplied !== undefined && name < newestApplied),
    interrupted: records.filter(({ state }) => state !== "applied"),
    newestApplied,
  };
}

/** A rollback that was cut off before its first statement has not happened. */
function isStillApplied({ state, detail }: MigrationRecord): boolean {
  return state === "reverting" && detail === UNTOUCHED;
}

/** Where either side has no checksum, as in a bundle, there is nothing to compare. One that is not applied may be mended. */
function isChanged({ checksum }: NamedMigration, record: MigrationRecord | undefined): boolean {
  if (record === undefined || record.state !== "applied") return false;
  return checksum !== undefined && record.checksum !== undefined && checksum !== record.checksum;
}

/** Whether the database is only ahead: a newer version of the program has migrated it, and nothing of this one is lacking. */
export function isAhead({ missing, pending, interrupted, migrations }: Comparison): boolean {
  const newest = migrations.at(-1)?.name ?? "";
  return missing.length > 0 && pending.length === 0 && interrupted.length === 0 && missing.every((name) => name > newest);
}

/** @throws E_DB_MIGRATION_MISSING, E_DB_MIGRATION_CHANGED, E_DB_MIGRATION_INTERRUPTED */
export function requireSoundHistory(comparison: Comparison): void {
  const { missing, changed, interrupted } = comparison;
  if (missing.length > 0) throw errors.MIGRATION_MISSING({ names: missing });
  if (changed.length > 0) throw errors.MIGRATION_CHANGED({ names: changed });
  const stuck = interrupted.find((record) => !mayContinue(comparison, record));
  if (stuck !== undefined) throw interruption(stuck);
}

export function interruption({ name, state, detail = "How far it got is not known." }: MigrationRecord): Error {
  return errors.MIGRATION_INTERRUPTED({ name, state, detail });
}

/** A migration that may run again, or one that was cut off before its first statement, goes on by itself. */
function mayContinue({ migrations }: Comparison, record: MigrationRecord): boolean {
  if (record.state === "reverting") return false; // what is half undone must not be done again
  return record.detail === UNTOUCHED || migrations.find(({ name }) => name === record.name)?.rerunnable === true;
}

/** The detail of a record whose migration has run no statement yet. */
export const UNTOUCHED = "It had run no statement yet.";

export interface ChoiceOptions {
  readonly target?: string | undefined;
  readonly allowOutOfOrder?: boolean | undefined;
}

/**
 * What to run, in order: what was cut off and may go on, and what is pending, up to the target.
 *
 * @throws E_DB_MIGRATION_UNKNOWN, E_DB_MIGRATION_OUT_OF_ORDER and what {@link requireSoundHistory} throws
 */
export function chooseMigrations(comparison: Comparison, options: ChoiceOptions): readonly NamedMigration[] {
  requireSoundHistory(comparison);
  const { migrations, pending, outOfOrder, interrupted, newestApplied = "" } = comparison;
  const { target, allowOutOfOrder = false } = options;
  if (target !== undefined) requireKnown(migrations, target);
  const due = new Set([...pending.map(({ name }) => name), ...interrupted.map(({ name }) => name)]);
  const chosen = migrations.filter(({ name }) => due.has(name) && (target === undefined || name <= target));
  const late = outOfOrder.filter((name) => target === undefined || name <= target);
  if (late.length > 0 && !allowOutOfOrder) throw errors.MIGRATION_OUT_OF_ORDER({ names: late, newest: newestApplied });
  return chosen;
}

/** @throws E_DB_MIGRATION_UNKNOWN */
export function requireKnown(migrations: readonly NamedMigration[], wanted: string): NamedMigration {
  const found = migrations.find(({ name }) => name === wanted);
  if (found === undefined) throw errors.MIGRATION_UNKNOWN({ name: wanted, known: migrations.map(({ name }) => name) });
  return found;
}

/** Records in the order in which they are rolled back: the latest run first, and in it the newest. */
export function rollbackOrder(records: readonly MigrationRecord[]): readonly MigrationRecord[] {
  return records.filter(({ state }) => state === "applied").toSorted((a, b) => b.batch - a.batch || (a.name < b.name ? 1 : -1));
}
