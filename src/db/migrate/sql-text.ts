import type { DatabaseDialect } from "../contract.ts";

const BACKSLASH = "\\";

/**
 * A statement in which comments and the insides of texts are blanks, so that what is left can be searched for words. Every character keeps
 * its place.
 */
export function maskSql(sql: string, engine: DatabaseDialect): string {
  let masked = "";
  let at = 0;
  while (at < sql.length) {
    const end = endOfToken(sql, at, engine);
    const token = sql.slice(at, end);
    masked += isQuotedName(token, engine) ? token : blank(token);
    at = end;
  }
  return masked;
}

/** The statements in a text, without comments at their ends; most texts are one. */
export function splitStatements(sql: string, engine: DatabaseDialect): readonly string[] {
  const masked = maskSql(sql, engine);
  const statements: string[] = [];
  let from = 0;
  for (let at = 0; at <= masked.length; at += 1) {
    if (at < masked.length && masked[at] !== ";") continue;
    if (masked.slice(from, at).trim() !== "") statements.push(sql.slice(from, at).trim());
    from = at + 1;
  }
  return statements;
}

/** Triggers and routines have statements inside. */
const COMPOUND =
  /^\s*(?:begin|declare|do|alter\s+event)\b|^\s*create\s+(?:(?:or\s+replace|temp(?:orary)?|constraint|aggregate|definer\s*=\s*\S+)\s+)*(?:trigger|procedure|function|event|package)\b/i;

/** Whether a text has more than one statement, as far as can be told without understanding it. */
export function hasSeveralStatements(sql: string, engine: DatabaseDialect): boolean {
  if (!sql.includes(";")) return false;
  return !COMPOUND.test(maskSql(sql, engine)) && splitStatements(sql, engine).length > 1;
}

/** A name in the engine's quotes, which stays; everything else in quotes is a text. */
function isQuotedName(token: string, engine: DatabaseDialect): boolean {
  if (token.length === 1 || token.startsWith("`")) return true;
  return token.startsWith('"') && engine !== "mysql";
}

function blank(token: string): string {
  if (token.startsWith("'") || token.startsWith('"') || token.startsWith("$")) {
    return `'${" ".repeat(Math.max(0, token.length - 2))}'`.slice(0, token.length);
  }
  return token.replaceAll(/[^\n]/g, " ");
}

/** Where the comment, text or quoted name that begins here ends; a single character otherwise. */
function endOfToken(sql: string, at: number, engine: DatabaseDialect): number {
  const char = sql[at];
  if (sql.startsWith("--", at) || (char === "#" && engine === "mysql")) return indexAfter(sql, "\n", at);
  if (sql.startsWith("/*", at)) return endOfComment(sql, at, engine);
  if (char === "'" || char === '"' || char === "`") return endOfQuoted(sql, at, engine);
  if (char === "$" && engine === "postgres") {
    const [tag] = /^\$(?:[a-z_]\w*)?\$/i.exec(sql.slice(at, at + 66)) ?? [];
    if (tag !== undefined) return indexAfter(sql, tag, at + tag.length);
  }
  return at + 1;
}

function indexAfter(sql: string, end: string, from: number): number {
  const found = sql.indexOf(end, from);
  return found === -1 ? sql.length : found + end.length;
}

/** PostgreSQL nests comments. */
function endOfComment(sql: string, at: number, engine: DatabaseDialect): number {
  let depth = 1;
  let position = at + 2;
  while (position < sql.length && depth > 0) {
    if (sql.startsWith("*/", position)) {
      depth -= 1;
      position += 2;
    } else if (engine === "postgres" && sql.startsWith("/*", position)) {
      depth += 1;
      position += 2;
    } else {
      position += 1;
    }
  }
  return position;
}

function endOfQuoted(sql: string, at: number, engine: DatabaseDialect): number {
  const quote = sql[at] as string;
  const escapes =
    quote !== "`" && (engine === "mysql" || (engine === "postgres" && quote === "'" && /\be$/i.test(sql.slice(0, at))));
  for (let position = at + 1; position < sql.length; position += 1) {
    if (escapes && sql[position] === BACKSLASH) position += 1;
    else if (sql[position] === quote) {
      if (sql[position + 1] !== quote) return position + 1;
      position += 1;
    }
  }
  return sql.length;
}
