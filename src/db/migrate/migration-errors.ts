import type { ErrorDefinition } from "../../core/mod.ts";

export interface MigrationErrorDetails {
  MIGRATION_NAME_INVALID: { name: string; reason: string };
  MIGRATION_INVALID: { name: string; reason: string };
  MIGRATIONS_UNREADABLE: { folder: string; reason: string };
  MIGRATION_UNKNOWN: { name: string; known: readonly string[] };
  MIGRATION_CHANGED: { names: readonly string[] };
  MIGRATION_MISSING: { names: readonly string[] };
  MIGRATION_OUT_OF_ORDER: { names: readonly string[]; newest: string };
  MIGRATION_INTERRUPTED: { name: string; state: string; detail: string };
  MIGRATION_FAILED: { name: string; direction: string; reason: string; aftermath: string };
  MIGRATION_NESTED: { name: string };
  MIGRATION_IRREVERSIBLE: { name: string };
  MIGRATION_ORPHANS: { rows: string };
  MIGRATION_LOCK_TIMEOUT: { milliseconds: number; holder: string };
  MIGRATION_LOCK_LOST: { name: string };
  MIGRATION_TARGET_INVALID: { name: string; reason: string };
  MIGRATIONS_PENDING: { names: readonly string[] };
  SEED_REFUSED: void;
  SEED_INVALID: { name: string; reason: string };
  SEED_FAILED: { name: string; reason: string };
  SEEDS_UNREADABLE: { folder: string; reason: string };
  MIGRATION_STATEMENTS: { name: string };
  LINT_IGNORE_INVALID: { name: string; entry: string };
}

type Definitions = { readonly [Reason in keyof MigrationErrorDetails]: ErrorDefinition<MigrationErrorDetails[Reason]> };

const list = (names: readonly string[]): string => names.join(", ");

/** The part of the room's catalogue that is about migrations and seeds. */
export const migrationErrors: Definitions = {
  MIGRATION_NAME_INVALID: {
    title: "Invalid name of a migration",
    message: (d) => `"${d.name}" cannot be the name of a migration: ${d.reason}. \`plinth db make <name>\` writes one that can.`,
  },
  MIGRATION_INVALID: {
    title: "Invalid migration",
    message: (d) => `The migration ${d.name} cannot run: ${d.reason}.`,
  },
  MIGRATIONS_UNREADABLE: {
    title: "Migrations unreadable",
    message: (d) => `The migrations in ${d.folder} cannot be read: ${d.reason}. Name the folder with --migrations.`,
  },
  MIGRATION_UNKNOWN: {
    title: "Unknown migration",
    message: (d) => `There is no migration "${d.name}". There are: ${list(d.known) || "none"}.`,
  },
  MIGRATION_CHANGED: {
    title: "Applied migration changed",
    message: (d) =>
      `Changed after they were applied: ${list(d.names)}. Restore their text and write a new migration for the change. If the change means nothing to the database, accept it: \`plinth db migrate --resolve applied <name>\`.`,
  },
  MIGRATION_MISSING: {
    title: "Applied migration missing",
    message: (d) =>
      `Applied to this database, but not among the migrations: ${list(d.names)}. Bring them back, or deploy the version that has them. If they are gone for good, forget them: \`plinth db migrate --resolve rolled-back <name>\`.`,
  },
  MIGRATION_OUT_OF_ORDER: {
    title: "Migration out of order",
    message: (d) =>
      `Older than the newest applied migration (${d.newest}), but not applied: ${list(d.names)}. Rename them to a newer timestamp, or, if order does not matter to them, use --allow-out-of-order.`,
  },
  MIGRATION_INTERRUPTED: {
    title: "Migration interrupted",
    message: (d) =>
      `The migration ${d.name} was cut off (state: ${d.state}), and there is no transaction that undid it. ${d.detail} Compare the database with the migration. Then finish it by hand and say \`plinth db migrate --resolve applied ${d.name}\`, or undo by hand what it did and say \`plinth db migrate --resolve rolled-back ${d.name}\`, after which it runs again.`,
  },
  MIGRATION_FAILED: {
    title: "Migration failed",
    message: (d) => `The migration ${d.name} failed (${d.direction}): ${d.reason}. ${d.aftermath}`,
  },
  MIGRATION_NESTED: {
    title: "Transaction within a migration's transaction",
    message: (d) =>
      `The migration ${d.name} starts a transaction, but already runs in one. Use its \`db\` directly, or export \`transactional = false\`.`,
  },
  MIGRATION_IRREVERSIBLE: {
    title: "Migration cannot be rolled back",
    message: (d) => `The migration ${d.name} has no \`down\`. Nothing was rolled back. Write a new migration that undoes it.`,
  },
  MIGRATION_ORPHANS: {
    title: "Rows without the row they refer to",
    message: (d) =>
      `Foreign keys would lead nowhere afterwards: ${d.rows}. Migrations on SQLite run with foreign keys off, so that tables can be rebuilt; delete or mend such rows in the migration itself.`,
  },
  MIGRATION_LOCK_TIMEOUT: {
    title: "Migrations locked",
    message: (d) =>
      `Another migrator has held the lock for ${d.milliseconds} ms (${d.holder}). Wait for it, or end it: the lock is free as soon as its session is gone.`,
  },
  MIGRATION_LOCK_LOST: {
    title: "Migration lock lost",
    message: (d) =>
      `The lock was lost before ${d.name}, so nothing more was run. A pooler that shares sessions between clients (PgBouncer in transaction mode) does that: connect to the database itself for migrations.`,
  },
  MIGRATION_TARGET_INVALID: {
    title: "Invalid target",
    message: (d) => `${d.name} cannot be the target: ${d.reason}.`,
  },
  MIGRATIONS_PENDING: {
    title: "Migrations pending",
    status: 503,
    message: (d) => `The database lacks ${d.names.length} migrations: ${list(d.names)}. Run \`plinth db migrate\`.`,
  },
  SEED_REFUSED: {
    title: "Seeds refused in production",
    message: () => "Seeds are not run in production, where they may overwrite real data. Use --force if they are meant for it.",
  },
  SEED_INVALID: {
    title: "Invalid seed",
    message: (d) => `The seed ${d.name} cannot run: ${d.reason}.`,
  },
  SEED_FAILED: {
    title: "Seed failed",
    message: (d) => `The seed ${d.name} failed and was rolled back: ${d.reason}. Those before it stay.`,
  },
  SEEDS_UNREADABLE: {
    title: "Seeds unreadable",
    message: (d) => `The seeds in ${d.folder} cannot be read: ${d.reason}. Name the folder with --seeds.`,
  },
  MIGRATION_STATEMENTS: {
    title: "Several statements in one",
    message: (d) =>
      `The migration ${d.name} gives the database several statements in one text, of which some engines run the first only. Run them one by one.`,
  },
  LINT_IGNORE_INVALID: {
    title: "Invalid exception for the linter",
    message: (d) =>
      `The migration ${d.name} has "${d.entry}" in \`lintIgnore\`. Write an id and a reason: "index-not-concurrent: the table is small".`,
  },
};
