import type { DatabaseDialect } from "../contract.ts";
import { maskSql } from "../migrate/sql-text.ts";

/** One statement, as rules look at it: texts and comments blanked, on one line, in lower case. */
export interface SchemaChange {
  /** As it was written. */
  readonly sql: string;
  readonly text: string;
  /** The table that it changes, without schema and quotes; undefined where there is none, or none was found. */
  readonly table: string | undefined;
  readonly creates: boolean;
  /** Parts of an `alter table`, one by one; empty for other statements. */
  readonly actions: readonly string[];
}

const NAME = '(?:(?:"[^"]+"|`[^`]+`|[\\w$]+)\\.)*("[^"]+"|`[^`]+`|[\\w$]+)';

const CREATE_TABLE = new RegExp(
  `^create\\s+(?:(?:global|local|temp|temporary|unlogged)\\s+)*table\\s+(?:if not exists\\s+)?${NAME}`,
);
const ALTER_TABLE = new RegExp(
  `^alter\\s+(?:online\\s+|ignore\\s+)?(?:foreign\\s+)?table\\s+(?:if exists\\s+)?(?:only\\s+)?${NAME}\\s*`,
);
const OTHERS: readonly RegExp[] = [
  new RegExp(`^create\\s[^(]*?index\\b.*?\\son\\s+(?:only\\s+)?${NAME}`),
  new RegExp(`^(?:drop|rename|truncate)\\s+table\\s+(?:if exists\\s+)?${NAME}`),
  new RegExp(`^truncate\\s+(?!table\\b)(?:only\\s+)?${NAME}`),
  new RegExp(`^update\\s+(?:only\\s+|ignore\\s+|low_priority\\s+)*${NAME}`),
  new RegExp(`^delete\\s+(?:\\w+\\s+)*?from\\s+(?:only\\s+)?${NAME}`),
];

/** A statement taken apart, as far as the rules of the linter need. */
export function readChange(sql: string, engine: DatabaseDialect): SchemaChange {
  const text = maskSql(sql, engine).replaceAll(/\s+/g, " ").trim().replace(/;$/, "").toLowerCase();
  const created = CREATE_TABLE.exec(text);
  if (created !== null) return { sql, text, table: bare(created[1]), creates: true, actions: [] };
  const altered = ALTER_TABLE.exec(text);
  if (altered !== null) {
    const actions = splitActions(text.slice(altered[0].length));
    return { sql, text, table: bare(altered[1]), creates: false, actions };
  }
  const found = OTHERS.map((pattern) => pattern.exec(text)).find((match) => match !== null);
  return { sql, text, table: bare(found?.[1]), creates: false, actions: [] };
}

function bare(name: string | undefined): string | undefined {
  return name?.replaceAll(/^["`]|["`]$/g, "");
}

/** At commas outside of parentheses and quotes. */
function splitActions(text: string): readonly string[] {
  const actions: string[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "`" || char === "'") quote = char;
    else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    else if (char === "," && depth === 0) {
      actions.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  actions.push(text.slice(from).trim());
  return actions.filter((action) => action !== "");
}
