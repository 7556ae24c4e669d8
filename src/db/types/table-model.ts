/** A column's TypeScript types, as text. */
export interface ColumnTypes {
  readonly select: string;
  /** What may be written, where that is more or less than what is read. Default: the same. */
  readonly write?: string;
}

/** `default`: may be left out when a row is inserted. `always`: the database alone writes it. */
export type GeneratedBy = "nobody" | "default" | "always";

export interface ColumnModel {
  readonly name: string;
  readonly types: ColumnTypes;
  readonly nullable: boolean;
  readonly generated: GeneratedBy;
}

/** A table or view of the database, as programs see it. */
export interface TableModel {
  readonly name: string;
  readonly isView: boolean;
  readonly columns: readonly ColumnModel[];
}

/** Tables of Plinth itself, and of engines, are no part of an app's schema. */
export const isForeign = (name: string): boolean => /^(?:plinth|sqlite)_/.test(name);

/** Texts as a union of literals; `string` when there are none. */
export function literals(values: readonly string[]): string {
  return values.length === 0 ? "string" : values.map((value) => JSON.stringify(value)).join(" | ");
}

export interface ColumnRow {
  readonly table: string;
  readonly isView: boolean;
  readonly column: ColumnModel;
}

/** Rows of an engine's catalogue, grouped by table. */
export function groupByTable(rows: readonly ColumnRow[]): readonly TableModel[] {
  const tables = new Map<string, { readonly name: string; readonly isView: boolean; readonly columns: ColumnModel[] }>();
  for (const { table, isView, column } of rows) {
    if (isForeign(table)) continue;
    const known = tables.get(table) ?? { name: table, isView, columns: [] };
    tables.set(table, known);
    known.columns.push(column);
  }
  return [...tables.values()];
}
