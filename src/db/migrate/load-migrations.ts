import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { toError } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import { type NamedMigration, nameMigration, orderMigrations } from "./migration.ts";

/** A module in a folder whose files are run in the order of their names. */
export interface NumberedModule {
  /** Without the extension. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly exported: object;
}

const MODULE = /^(?![._])(?!.*\.d\.[cm]?ts$)(?!.*\.test\.[cm]?[jt]s$)(.+)\.[cm]?[jt]s$/;

/**
 * The migrations in a folder: every TypeScript or JavaScript module but declarations, tests, and files whose name begins with `.` or `_`.
 *
 * @throws E_DB_MIGRATIONS_UNREADABLE, E_DB_MIGRATION_NAME_INVALID, E_DB_MIGRATION_INVALID
 */
export async function loadMigrations(folder: string): Promise<readonly NamedMigration[]> {
  const modules = await loadModules(folder, {
    unreadable: (reason, cause) => errors.MIGRATIONS_UNREADABLE({ folder, reason }, { cause }),
    invalid: (name, reason, cause) => errors.MIGRATION_INVALID({ name, reason }, { cause }),
  });
  return orderMigrations(modules.map(({ name, text, exported }) => nameMigration(name, exported, checksumOf(text))));
}

/** SHA-256 of a migration's text, in hexadecimal. Line ends and a byte order mark do not count: a checkout may change them. */
export function checksumOf(text: string): string {
  return createHash("sha256")
    .update(text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n"))
    .digest("hex");
}

export interface LoadFaults {
  readonly unreadable: (reason: string, cause: Error) => Error;
  readonly invalid: (name: string, reason: string, cause: Error) => Error;
}

/** Loads every module in a folder, sorted by name. */
export async function loadModules(folder: string, faults: LoadFaults): Promise<readonly NumberedModule[]> {
  const files = await readdir(folder).catch((thrown: unknown) => {
    const cause = toError(thrown);
    throw faults.unreadable(cause.message, cause);
  });
  const modules: NumberedModule[] = [];
  for (const file of files.toSorted()) {
    const name = MODULE.exec(file)?.[1];
    if (name === undefined) continue;
    const path = join(folder, file);
    try {
      const text = await readFile(path, "utf8");
      modules.push({ name, path, text, exported: (await import(pathToFileURL(path).href)) as object });
    } catch (thrown) {
      const cause = toError(thrown);
      throw faults.invalid(name, `${path} does not load: ${cause.message}`, cause);
    }
  }
  return modules;
}
