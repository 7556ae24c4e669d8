import type { Kysely } from "kysely";
import type { DatabaseDialect } from "../contract.ts";
import { errors } from "../errors.ts";

/** Tables as a migration sees them: any name, any columns. The app's own types describe the newest schema, not the one before a migration. */
export type MigrationSchema = Readonly<Record<string, Record<string, unknown>>>;

// eslint-disable-next-line typescript/no-explicit-any -- Kysely's handles are invariant: only `any` takes one of every schema
export type AnyKysely = Kysely<any>;

/** What migrations need of a database: what `createDatabase` returns, or a bare Kysely beside the name of its engine. */
export interface MigrationDatabase {
  readonly dialect: DatabaseDialect;
  readonly query: AnyKysely;
}

/** What a migration is told besides its handle. */
export interface MigrationContext {
  /** For what the engines spell differently. */
  readonly dialect: DatabaseDialect;
}

/** What a migration's file exports. */
export interface Migration {
  /** Changes the schema, or data. May run again after it was rolled back, so it keeps no state outside the database. */
  up(db: AnyKysely, context: MigrationContext): void | Promise<void>;
  /** Undoes `up`. Without it the migration cannot be rolled back. */
  down?(db: AnyKysely, context: MigrationContext): void | Promise<void>;
  /**
   * Whether it runs in one transaction with its record. Default true. False for what an engine refuses in a transaction, such as
   * `CREATE INDEX CONCURRENTLY`. MySQL and MariaDB commit every DDL statement by itself, whatever stands here.
   */
  readonly transactional?: boolean;
  /**
   * Whether it may simply run again after it was cut off in the middle, without a transaction to undo it: every step is written with
   * `if not exists` or the like. Default false: a person decides.
   */
  readonly rerunnable?: boolean;
  /** Findings of `plinth db lint` that are meant so, each with its reason: `"index-not-concurrent: the table is small"`. */
  readonly lintIgnore?: readonly string[];
}

/** A migration with the name that it is recorded by. */
export interface NamedMigration extends Migration {
  /** `<timestamp>_<words>`. Migrations run in the order of their names. */
  readonly name: string;
  /** SHA-256 of its text, in hexadecimal; undefined where there is no text to compare, as in a bundle. */
  readonly checksum: string | undefined;
}

/** A migration in an in-code list, optionally with the checksum of its file. */
export type ListedMigration = Migration & { readonly checksum?: string };

const NAME = /^(\d+)_[a-z\d]+(?:[_-][a-z\d]+)*$/i;

/**
 * Migrations as a list in code, for an app that is bundled: modules by name. Sorted and checked as a folder's are.
 *
 * @throws E_DB_MIGRATION_NAME_INVALID, E_DB_MIGRATION_INVALID
 *
 * @example
 * import * as createFiles from "./migrations/20261101120000_create_files.ts";
 * export const migrations = defineMigrations({ "20261101120000_create_files": createFiles });
 */
export function defineMigrations(list: Readonly<Record<string, ListedMigration>>): readonly NamedMigration[] {
  const named = Object.entries(list).map(([name, migration]) => nameMigration(name, migration, migration.checksum));
  return orderMigrations(named);
}

/** A module's exports as a migration. @throws E_DB_MIGRATION_INVALID */
export function nameMigration(name: string, exported: object, checksum: string | undefined): NamedMigration {
  const { up, down, transactional, rerunnable, lintIgnore } = exported as Partial<Migration>;
  if (typeof up !== "function") throw errors.MIGRATION_INVALID({ name, reason: "it exports no function `up`" });
  if (down !== undefined && typeof down !== "function") {
    throw errors.MIGRATION_INVALID({ name, reason: "its `down` is no function" });
  }
  for (const [key, value] of Object.entries({ transactional, rerunnable })) {
    if (value !== undefined && typeof value !== "boolean") {
      throw errors.MIGRATION_INVALID({ name, reason: `its \`${key}\` is neither true nor false` });
    }
  }
  return {
    name,
    checksum,
    up,
    ...(down === undefined ? {} : { down }),
    transactional: transactional ?? true,
    rerunnable: rerunnable ?? false,
    lintIgnore: lintIgnore ?? [],
  };
}

/**
 * Sorted by name, code unit by code unit: the same everywhere, whatever the locale. Timestamps of different lengths would sort wrongly, so
 * they are refused.
 *
 * @throws E_DB_MIGRATION_NAME_INVALID
 */
export function orderMigrations(migrations: readonly NamedMigration[]): readonly NamedMigration[] {
  const lengths = new Set<number>();
  const seen = new Set<string>();
  for (const { name } of migrations) {
    const digits = NAME.exec(name)?.[1];
    if (digits === undefined || name.length > 200) {
      throw errors.MIGRATION_NAME_INVALID({ name, reason: "it is not <timestamp>_<words>, such as 20261101120000_create_files" });
    }
    lengths.add(digits.length);
    if (lengths.size > 1) {
      const reason = "its timestamp has another length than the others', so that names would not sort by time";
      throw errors.MIGRATION_NAME_INVALID({ name, reason });
    }
    if (seen.has(name)) throw errors.MIGRATION_NAME_INVALID({ name, reason: "another one has the same name" });
    seen.add(name);
  }
  return migrations.toSorted((a, b) => compareNames(a.name, b.name));
}

export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
