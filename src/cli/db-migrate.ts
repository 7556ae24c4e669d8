import {
  type MigrationPreview,
  type MigrationReport,
  type Resolution,
  type RollbackChoice,
  migrate,
  migrationStatus,
  previewMigrations,
  previewRollback,
  resolveMigration,
  rollback,
} from "../db/mod.ts";
import { type DatabaseVerbOptions, findMigrations, withDatabase } from "./db-context.ts";
import { errors } from "./errors.ts";
import { formatTable } from "./table.ts";

interface DryRunOption {
  readonly dryRun?: boolean;
}

export interface MigrateVerbOptions extends DatabaseVerbOptions, DryRunOption {
  readonly to?: string;
  readonly allowOutOfOrder?: boolean;
  readonly resolve?: Resolution;
}

/** `plinth db migrate`: applies what is pending, shows it, or records what a person says about one migration. */
export async function migrateDatabase(name: string | undefined, options: MigrateVerbOptions): Promise<string> {
  const { resolve, dryRun = false, to: target, allowOutOfOrder } = options;
  if ((resolve === undefined) !== (name === undefined)) throw errors.RESOLUTION_INCOMPLETE();
  const migrations = await findMigrations(options);
  return withDatabase(options, async ({ database, log }) => {
    const migrator = { database, migrations, log, target, allowOutOfOrder };
    if (resolve !== undefined && name !== undefined) {
      await resolveMigration({ ...migrator, name, as: resolve });
      return `${name} counts as ${resolve} now\n`;
    }
    return dryRun ? formatPreviews(await previewMigrations(migrator)) : formatReport(await migrate(migrator), "applied");
  });
}

export interface RollbackVerbOptions extends DatabaseVerbOptions, DryRunOption {
  readonly steps?: number;
  readonly to?: string;
  readonly batch?: boolean;
}

/** `plinth db rollback`: undoes the last migration, or more. */
export async function rollbackDatabase(options: RollbackVerbOptions): Promise<string> {
  const { steps, to: target, batch: lastBatch, dryRun = false } = options;
  const choice: RollbackChoice = { steps, target, lastBatch };
  const migrations = await findMigrations(options);
  return withDatabase(options, async ({ database, log }) => {
    const migrator = { database, migrations, log, ...choice };
    return dryRun ? formatPreviews(await previewRollback(migrator)) : formatReport(await rollback(migrator), "rolled back");
  });
}

/** `plinth db status`: every migration and what became of it. */
export async function databaseStatus(options: DatabaseVerbOptions & { readonly json?: boolean }): Promise<string> {
  const migrations = await findMigrations(options);
  const statuses = await withDatabase(options, ({ database }) => migrationStatus({ database, migrations }));
  if (options.json === true) return `${JSON.stringify(statuses, null, 2)}\n`;
  if (statuses.length === 0) return "There are no migrations\n";
  const rows = statuses.map(({ name, state, batch, appliedAt = "-", durationMs, detail = "" }) => {
    const duration = durationMs === undefined ? "-" : `${durationMs}ms`;
    return [name, state, String(batch ?? "-"), appliedAt, duration, detail];
  });
  return formatTable(["NAME", "STATE", "BATCH", "APPLIED", "TOOK", "DETAIL"], rows);
}

function formatReport({ done, batch }: MigrationReport, verb: string): string {
  if (batch === undefined) return "There is nothing to do\n";
  return done.map((name) => `${verb} ${name}\n`).join("");
}

/** SQL, with everything that is no SQL in comments. */
function formatPreviews(previews: readonly MigrationPreview[]): string {
  if (previews.length === 0) return "-- there is nothing to do\n";
  return previews.map(formatPreview).join("\n");
}

function formatPreview({ name, statements, reads, stoppedBy }: MigrationPreview): string {
  const lines = statements.map(({ sql, parameters }) => {
    const values = parameters.length === 0 ? "" : ` -- ${JSON.stringify(parameters, printable)}`;
    return `${sql};${values}\n`;
  });
  const notes = [
    reads ? "-- it reads data: what it does with them is not shown\n" : "",
    stoppedBy === undefined ? "" : `-- it could not go on without data: ${stoppedBy.message.replaceAll(/\s+/g, " ")}\n`,
  ];
  return `-- ${name}\n${lines.join("")}${notes.join("")}`;
}

function printable(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
