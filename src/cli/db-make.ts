import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { systemClock } from "../core/mod.ts";
import { MIGRATION_TEMPLATE, nameNewMigration } from "../db/mod.ts";
import { type DatabaseVerbOptions, besideApp } from "./db-context.ts";

/** `plinth db make`: writes a new migration to begin with. */
export function makeMigration(words: readonly string[], options: DatabaseVerbOptions): string {
  const folder = besideApp(options, options.migrations, "migrations");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${nameNewMigration(words.join(" "), systemClock.now())}.ts`);
  writeFileSync(path, MIGRATION_TEMPLATE, { flag: "wx" });
  return `${relative(process.cwd(), path)}\n`;
}
