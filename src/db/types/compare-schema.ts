/** A line that only one of two schema files has. */
export interface SchemaDifference {
  /** Undefined outside of all tables. */
  readonly table: string | undefined;
  /** The column with its type; for a whole table its first line. */
  readonly line: string;
  /** Which side has it. */
  readonly in: "file" | "database";
}

/** What a saved schema file says otherwise than the database; empty when they agree. Line ends do not count. */
export function compareSchemas(file: string, database: string): readonly SchemaDifference[] {
  const saved = linesOf(file);
  const current = linesOf(database);
  const differences = [...without(saved, current, "file"), ...without(current, saved, "database")];
  return differences.toSorted((a, b) => compareText(a.table ?? "", b.table ?? ""));
}

interface Line {
  readonly table: string | undefined;
  readonly line: string;
}

/** Both files are sorted the same way, so a line is known by its text and its table. */
function linesOf(text: string): readonly Line[] {
  let table: string | undefined;
  const lines: Line[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const [, opened] = /^ {2}(\S.*): \{$/.exec(raw) ?? [];
    table = opened ?? table;
    if (raw.trim() !== "" && raw.trim() !== "};") lines.push({ table, line: raw.trim() });
    if (raw === "  };") table = undefined;
  }
  return lines;
}

function without(lines: readonly Line[], others: readonly Line[], side: SchemaDifference["in"]): readonly SchemaDifference[] {
  const known = new Set(others.map(keyOf));
  return lines.filter((line) => !known.has(keyOf(line))).map(({ table, line }) => ({ table, line, in: side }));
}

const keyOf = ({ table, line }: Line): string => JSON.stringify([table, line]);

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
