import type { Duration, Service } from "../../core/mod.ts";
import { isPlinthError } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import { type MigrateOptions, migrate } from "./migrate.ts";
import { type MigrationCheck, checkMigrations } from "./migration-status.ts";

export interface MigratorServiceOptions extends MigrateOptions {
  /** Default `"migrator"`. */
  readonly name?: string;
  /**
   * `auto` applies what is pending when the program starts: for one machine, and for development. `check` applies nothing: the program starts, but
   * is not ready until somebody has migrated the database. Default: `auto` on SQLite, else `check`.
   */
  readonly mode?: "auto" | "check";
  /** Services that must be up before: the database's name. */
  readonly dependsOn?: readonly string[];
  /** How long the program may take to start because of it. Default `"15m"`. */
  readonly startTimeout?: Duration;
}

/**
 * Keeps a program from serving with a database that lacks what the program needs. What a newer version of the program has added is no fault, so old and
 * new may run side by side.
 *
 * @example
 * services: async ({ config, log }) => {
 *   const database = createDatabase({ url: config.databaseUrl, log });
 *   const migrator = createMigrator({ database, migrations, log, dependsOn: [database.name] });
 *   return { database, migrator };
 * },
 */
export function createMigrator(options: MigratorServiceOptions): Service {
  return new Migrator(options);
}

class Migrator implements Service {
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly startTimeout: Duration;
  readonly #options: MigratorServiceOptions;
  readonly #mode: "auto" | "check";
  #migrated = false;

  constructor(options: MigratorServiceOptions) {
    this.name = options.name ?? "migrator";
    this.dependsOn = options.dependsOn ?? [];
    this.startTimeout = options.startTimeout ?? "15m";
    this.#options = options;
    this.#mode = options.mode ?? (options.database.dialect === "sqlite" ? "auto" : "check");
  }

  /** @throws what `migrate` throws; in `check` mode what is wrong with the history, but not that something is pending */
  async start(signal: AbortSignal): Promise<void> {
    const found = await this.#look();
    if (found.ok) return;
    if (this.#mode === "auto") {
      await migrate({ ...this.#options, signal });
      this.#migrated = true;
      return;
    }
    if (!isPlinthError(found.error, errors.MIGRATIONS_PENDING.code)) throw found.error as Error;
    this.#options.log?.warn({ pending: found.pending }, "not ready: the database lacks migrations; run `plinth db migrate`");
  }

  /** @throws E_DB_MIGRATIONS_PENDING until the database is migrated; after that it asks no more */
  async check(): Promise<void> {
    if (this.#migrated) return;
    const { error } = await this.#look();
    if (error !== undefined) throw error;
  }

  async #look(): Promise<MigrationCheck> {
    const found = await checkMigrations(this.#options);
    this.#migrated = found.ok;
    if (found.ahead.length > 0) {
      this.#options.log?.warn({ ahead: found.ahead }, "the database was migrated by a newer version of the program");
    }
    return found;
  }
}
