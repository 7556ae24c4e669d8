import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { checkMigrations, compareSchemas, generateSchema } from "../db/mod.ts";
import { type DatabaseVerbOptions, besideApp, findMigrations, withDatabase } from "./db-context.ts";

export interface TypesVerbOptions extends DatabaseVerbOptions {
  /** The file of types. Default: `database-schema.ts` beside the app's module. */
  readonly types?: string;
}

const FILE = "database-schema.ts";

/** `plinth db types`: writes the types of the database's tables. */
export async function writeTypes(options: TypesVerbOptions): Promise<string> {
  const path = besideApp(options, options.types, FILE);
  const text = await withDatabase(options, ({ database }) => generateSchema(database));
  writeFileSync(path, text);
  return `${relative(process.cwd(), path)}\n`;
}

/** `plinth db check`: whether the database has every migration, and the file of types says what the database has. */
export async function checkDatabase(options: TypesVerbOptions): Promise<{ readonly ok: boolean; readonly text: string }> {
  const path = besideApp(options, options.types, FILE);
  const migrations = await findMigrations(options);
  const [migrated, current] = await withDatabase(options, async ({ database }) => [
    await checkMigrations({ database, migrations }),
    await generateSchema(database),
  ]);
  const faults = migrated.error === undefined ? [] : [`${migrated.error.message}\n`];
  const notes = migrated.ahead.map((name) => `The database is ahead: ${name}\n`);
  if (existsSync(path)) faults.push(...drift(readFileSync(path, "utf8"), current, relative(process.cwd(), path)));
  else if (options.types === undefined) notes.push(`There is no ${FILE} to compare; \`plinth db types\` writes it.\n`);
  else faults.push(`${options.types} is not there; \`plinth db types --types ${options.types}\` writes it.\n`);
  const ok = faults.length === 0;
  return { ok, text: `${faults.join("")}${notes.join("")}${ok ? "The database and the code agree\n" : ""}` };
}

function drift(saved: string, current: string, path: string): readonly string[] {
  const differences = compareSchemas(saved, current);
  if (differences.length === 0) return [];
  const lines = differences.map(({ table = "", line, in: side }) => `  ${side === "file" ? "-" : "+"} ${table}  ${line}\n`);
  return [`${path} (-) is not what the database has (+); \`plinth db types\` writes it anew:\n`, ...lines];
}
