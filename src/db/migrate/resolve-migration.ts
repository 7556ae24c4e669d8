import { parseDuration, systemClock } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import { MigrationHistory } from "./history.ts";
import { withMigrationLock } from "./lock/with-lock.ts";
import type { MigratorOptions } from "./migrate.ts";

/** `applied`: what it does is there. `rolled-back`: nothing of it is there. */
export type Resolution = "applied" | "rolled-back";

export interface ResolveOptions extends MigratorOptions {
  readonly name: string;
  readonly as: Resolution;
}

/**
 * Records what a person says about a migration, without running anything: after one was cut off, to accept a changed text, to forget one that is
 * gone for good, or to begin with a database that has its tables already.
 *
 * @throws E_DB_MIGRATION_UNKNOWN, E_DB_MIGRATION_LOCK_TIMEOUT
 */
export async function resolveMigration(options: ResolveOptions): Promise<void> {
  const { database, migrations, name, as, log, signal, clock = systemClock } = options;
  const history = new MigrationHistory(database.dialect);
  const timeout = parseDuration(options.lockTimeout ?? "5m");
  await withMigrationLock({ database, timeout, clock, signal, log }, async ({ connection }) => {
    await history.create(connection);
    const records = await history.read(connection);
    const record = records.find((candidate) => candidate.name === name);
    const migration = migrations.find((candidate) => candidate.name === name);
    if (record === undefined && (migration === undefined || as === "rolled-back")) {
      throw errors.MIGRATION_UNKNOWN({ name, known: records.map((candidate) => candidate.name) });
    }
    if (as === "rolled-back") return history.forget(connection, name);
    const resolved = {
      name,
      checksum: migration === undefined ? record?.checksum : migration.checksum,
      batch: record?.batch ?? Math.max(0, ...records.map(({ batch }) => batch)) + 1,
      state: "applied" as const,
      appliedAt: new Date(clock.now()).toISOString(),
      durationMs: record?.durationMs ?? 0,
      detail: undefined,
    };
    await (record === undefined ? history.insert(connection, resolved) : history.replace(connection, resolved));
  });
}
