import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BaseConfig, baseOf, loadApp, loadSettings } from "../app/mod.ts";
import type { Environment } from "../config/mod.ts";
import { type Database, type MigrationSchema, type NamedMigration, createDatabase, loadMigrations } from "../db/mod.ts";
import { type RootLogger, createFdSink, createLogger, createPrettySink } from "../log/mod.ts";
import { type SharedOptions, toProgramOptions } from "./options.ts";

/** Options of the verbs under `plinth db`. */
export interface DatabaseVerbOptions extends SharedOptions {
  /** Folder of the migrations. Default: `migrations` beside the app's module. */
  readonly migrations?: string;
}

/** What a verb under `plinth db` works with. */
export interface DatabaseContext {
  readonly database: Database<MigrationSchema>;
  readonly environment: Environment;
  /** On standard error: what is waited for, and what was done. */
  readonly log: RootLogger;
}

/** A statement of a migration may take hours; a person ends it who no longer wants it. */
const STATEMENT_TIMEOUT = "7d";

/** A path that was given, from the working folder; else one beside the app's module. */
export function besideApp(options: SharedOptions, given: string | undefined, usual: string): string {
  if (given !== undefined) return resolve(given);
  return resolve(dirname(fileURLToPath(toProgramOptions(options).appUrl)), usual);
}

/** @throws E_DB_MIGRATIONS_UNREADABLE, E_DB_MIGRATION_NAME_INVALID, E_DB_MIGRATION_INVALID */
export function findMigrations(options: DatabaseVerbOptions): Promise<readonly NamedMigration[]> {
  return loadMigrations(besideApp(options, options.migrations, "migrations"));
}

/** The app's configuration. */
export async function readConfig(
  options: SharedOptions,
): Promise<{ readonly config: BaseConfig; readonly environment: Environment }> {
  const programOptions = toProgramOptions(options);
  const loaded = await loadSettings(await loadApp(programOptions.appUrl), programOptions);
  return { config: baseOf(loaded), environment: loaded.environment };
}

/** Runs a function with the database that the app's configuration names, and closes it afterwards. */
export async function withDatabase<Result>(
  options: SharedOptions,
  run: (context: DatabaseContext) => Promise<Result>,
): Promise<Result> {
  const { config, environment } = await readConfig(options);
  const log = createLogger({ sink: createPrettySink(createFdSink({ fd: 2 })), level: config.logLevel });
  const database = createDatabase<MigrationSchema>({
    url: config.databaseUrl,
    statementTimeout: STATEMENT_TIMEOUT,
    transactionIdleTimeout: STATEMENT_TIMEOUT,
    slowQuery: STATEMENT_TIMEOUT,
  });
  // SQLite has no socket that would keep the process alive while a lock is waited for.
  const alive = setInterval(() => undefined, 60_000);
  try {
    return await run({ database, environment, log });
  } finally {
    clearInterval(alive);
    await database.stop?.(AbortSignal.timeout(5_000));
    log.flush();
  }
}
