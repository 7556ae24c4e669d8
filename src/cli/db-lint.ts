import { type DatabaseDialect, type LintFinding, lintMigrations } from "../db/mod.ts";
import { type DatabaseVerbOptions, findMigrations, readConfig } from "./db-context.ts";

export interface LintVerbOptions extends DatabaseVerbOptions {
  /** Default: the one of DATABASE_URL. */
  readonly engine?: DatabaseDialect;
  /** Only what comes after this migration. */
  readonly since?: string;
  readonly json?: boolean;
  /** Warnings count as faults. */
  readonly strict?: boolean;
}

/** `plinth db lint`: what migrations would do to a database that is in use. No database is asked. */
export async function lintDatabase(options: LintVerbOptions): Promise<{ readonly ok: boolean; readonly text: string }> {
  const { since = "", strict = false } = options;
  const engine = options.engine ?? engineOf((await readConfig(options)).config.databaseUrl.reveal());
  const migrations = (await findMigrations(options)).filter(({ name }) => name > since);
  const all = await lintMigrations({ engine, migrations });
  const findings = all.filter(({ ignored }) => ignored === undefined);
  const ok = !findings.some(({ severity }) => severity === "error" || (strict && severity === "warning"));
  if (options.json === true) return { ok, text: `${JSON.stringify(all, null, 2)}\n` };
  if (engine === "sqlite") return { ok, text: "SQLite has no rules to lint by; name an engine with --engine\n" };
  const ignored = all.filter((finding) => finding.ignored !== undefined);
  return { ok, text: `${findings.map(formatFinding).join("")}${ignored.map(formatIgnored).join("")}${count(findings)}` };
}

function engineOf(url: string): DatabaseDialect {
  if (url.startsWith("sqlite:")) return "sqlite";
  return url.startsWith("postgres") ? "postgres" : "mysql";
}

function formatFinding({ severity, id, migration, what, why, todo }: LintFinding): string {
  return `${severity}  ${id}  ${migration}\n  ${what}\n  ${why}\n  -> ${todo}\n\n`;
}

const formatIgnored = ({ id, migration, ignored = "" }: LintFinding): string => `ignored  ${id}  ${migration}: ${ignored}\n`;

function count(findings: readonly LintFinding[]): string {
  const of = (wanted: string): number => findings.filter(({ severity }) => severity === wanted).length;
  return `${of("error")} errors, ${of("warning")} warnings, ${of("note")} notes\n`;
}
