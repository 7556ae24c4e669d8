import { toError, parseDuration, systemClock } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import { loadModules } from "../migrate/load-migrations.ts";
import { withMigrationLock } from "../migrate/lock/with-lock.ts";
import type { MigratorOptions } from "../migrate/migrate.ts";
import type { AnyKysely } from "../migrate/migration.ts";

/** Data that a database begins with. */
export interface Seed {
  readonly name: string;
  /** May run again at any time, so it changes nothing that is there already (`on conflict do nothing`). */
  seed(db: AnyKysely): void | Promise<void>;
}

/**
 * The seeds in a folder: modules that export `seed(db)`. Files whose name begins with `.` or `_` do not count.
 *
 * @throws E_DB_SEEDS_UNREADABLE, E_DB_SEED_INVALID
 */
export async function loadSeeds(folder: string): Promise<readonly Seed[]> {
  const modules = await loadModules(folder, {
    unreadable: (reason, cause) => errors.SEEDS_UNREADABLE({ folder, reason }, { cause }),
    invalid: (name, reason, cause) => errors.SEED_INVALID({ name, reason }, { cause }),
  });
  return modules.map(({ name, exported }) => {
    const { seed } = exported as Partial<Seed>;
    if (typeof seed !== "function") throw errors.SEED_INVALID({ name, reason: "it exports no function `seed`" });
    return { name, seed };
  });
}

export interface SeedOptions extends Omit<MigratorOptions, "migrations" | "tableLockTimeout"> {
  readonly seeds: readonly Seed[];
  /** In production seeds are refused. */
  readonly environment: "development" | "test" | "production";
  /** Runs them in production all the same. Default false. */
  readonly force?: boolean;
}

/**
 * Runs seeds in the order of their names, each in a transaction of its own, alone among all migrators.
 *
 * @returns the names of what ran
 * @throws E_DB_SEED_REFUSED, E_DB_SEED_FAILED, E_DB_MIGRATION_LOCK_TIMEOUT
 */
export async function runSeeds(options: SeedOptions): Promise<readonly string[]> {
  const { database, seeds, environment, force = false, clock = systemClock, signal, log } = options;
  if (environment === "production" && !force) throw errors.SEED_REFUSED();
  const timeout = parseDuration(options.lockTimeout ?? "5m");
  return withMigrationLock({ database, timeout, clock, signal, log }, async ({ connection }) => {
    for (const seed of seeds) {
      signal?.throwIfAborted();
      await runSeed(connection, seed);
      log?.info({ seed: seed.name }, "seeded");
    }
    return seeds.map(({ name }) => name);
  });
}

async function runSeed(connection: AnyKysely, seed: Seed): Promise<void> {
  try {
    await connection.transaction().execute(async (transaction) => {
      await seed.seed(transaction);
    });
  } catch (thrown) {
    const cause = toError(thrown);
    throw errors.SEED_FAILED({ name: seed.name, reason: cause.message.replace(/\.$/, "") }, { cause });
  }
}
