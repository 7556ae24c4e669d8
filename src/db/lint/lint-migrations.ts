import { type Finding, toError } from "../../core/mod.ts";
import type { DatabaseDialect } from "../contract.ts";
import { errors } from "../errors.ts";
import type { NamedMigration } from "../migrate/migration.ts";
import { RecordingTarget } from "../migrate/recording-target.ts";
import { createStatementHandle } from "../migrate/statement-handle.ts";
import type { LintRule } from "./lint-rule.ts";
import { mysqlRules } from "./mysql-rules.ts";
import { postgresRules } from "./postgres-rules.ts";
import { type SchemaChange, readChange } from "./schema-change.ts";
import { sharedRules } from "./shared-rules.ts";

/** What may go wrong with a migration in production. */
export interface LintFinding extends Finding {
  readonly migration: string;
  /** The statement, as it would be run; empty for what is about the whole migration. */
  readonly sql: string;
  /** Why it is meant so, where the migration says it. */
  readonly ignored: string | undefined;
}

export interface LintOptions {
  /** SQLite has no rules: it has one writer, and its migrations are quick or take the whole file anyway. */
  readonly engine: DatabaseDialect;
  readonly migrations: readonly NamedMigration[];
}

const RULES: Readonly<Record<DatabaseDialect, readonly LintRule[]>> = {
  sqlite: [],
  postgres: [...sharedRules, ...postgresRules],
  mysql: [...sharedRules, ...mysqlRules],
};

/**
 * Looks at what migrations would do to a database that is in use: locks that keep others out, tables written anew, and what the version of the
 * program that still runs would trip over. `up` is run onto paper; no database is needed.
 *
 * @throws E_DB_LINT_IGNORE_INVALID
 */
export async function lintMigrations({ engine, migrations }: LintOptions): Promise<readonly LintFinding[]> {
  const findings: LintFinding[] = [];
  if (RULES[engine].length === 0) return findings;
  for (const migration of migrations) findings.push(...(await lintMigration(engine, migration)));
  return findings;
}

type Found = Omit<LintFinding, "migration" | "ignored">;

async function lintMigration(engine: DatabaseDialect, migration: NamedMigration): Promise<readonly LintFinding[]> {
  const reasons = readReasons(migration);
  const target = new RecordingTarget();
  const found: Found[] = [];
  try {
    await migration.up(createStatementHandle(engine, target), { dialect: engine });
  } catch (thrown) {
    found.push(stopped(thrown));
  }
  const changes = target.statements.map(({ sql }) => readChange(sql, engine));
  found.push(...lintChanges(changes, { engine, inTransaction: engine === "postgres" && migration.transactional !== false }));
  if (engine === "mysql" && migration.rerunnable !== true) found.push(...lintSteps(changes));
  return found.map(({ id, severity, what, why, todo, sql }) => {
    return { id, severity, what, why, todo, sql, migration: migration.name, ignored: reasons.get(id) };
  });
}

interface Surroundings {
  readonly engine: DatabaseDialect;
  readonly inTransaction: boolean;
}

/** What happens to a table that the same migration has created disturbs nobody: there is nothing in it yet. */
function lintChanges(changes: readonly SchemaChange[], { engine, inTransaction }: Surroundings): readonly Found[] {
  const created = new Set<string>();
  return changes.flatMap((change) => {
    if (change.creates && change.table !== undefined) created.add(change.table);
    const isNew = change.table !== undefined && created.has(change.table);
    return RULES[engine].filter((rule) => applies(rule, change, { inTransaction, isNew })).map((rule) => report(rule, change));
  });
}

interface Place {
  readonly inTransaction: boolean;
  readonly isNew: boolean;
}

function applies(rule: LintRule, change: SchemaChange, { inTransaction, isNew }: Place): boolean {
  if (rule.inTransaction !== undefined && rule.inTransaction !== inTransaction) return false;
  // A statement that is refused in a transaction is refused for a new table too.
  if (isNew && rule.inTransaction === undefined) return false;
  const texts = rule.of === "action" ? change.actions : [change.text];
  return texts.some((text) => rule.when.test(text) && rule.unless?.test(rule.of === "action" ? text : change.text) !== true);
}

function report({ id, severity, why, todo }: LintRule, { sql, table }: SchemaChange): Found {
  const what = table === undefined ? oneLine(sql) : `${table}: ${oneLine(sql)}`;
  return { id, severity, what, why, todo, sql };
}

/** Each DDL statement is committed by itself, so what fails in the middle is half done. */
function lintSteps(changes: readonly SchemaChange[]): readonly Found[] {
  const steps = changes.filter(({ text }) => /^(?:create|alter|drop|rename)\b/.test(text));
  if (steps.length < 2) return [];
  return [
    {
      id: "several-steps",
      severity: "note",
      what: `${steps.length} statements that change the schema`,
      why: "MySQL commits each by itself: when a later one fails, the earlier ones stay, and a person has to sort it out.",
      todo: "Give each a migration of its own, or write them with `if not exists` and `export const rerunnable = true;`.",
      sql: "",
    },
  ];
}

function stopped(thrown: unknown): Found {
  return {
    id: "not-read-to-the-end",
    severity: "note",
    what: `It could not go on without data: ${toError(thrown).message}`,
    why: "What it does after that has not been looked at.",
    todo: "Look yourself, or keep changes of the schema and of data in migrations of their own.",
    sql: "",
  };
}

function oneLine(sql: string): string {
  const line = sql.replaceAll(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

const ENTRY = /^([a-z][a-z0-9-]*):\s*(\S.*)$/;

/** @throws E_DB_LINT_IGNORE_INVALID */
function readReasons({ name, lintIgnore = [] }: NamedMigration): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const entry of lintIgnore) {
    const [, id, reason] = ENTRY.exec(entry) ?? [];
    if (id === undefined || reason === undefined) throw errors.LINT_IGNORE_INVALID({ name, entry });
    reasons.set(id, reason);
  }
  return reasons;
}
