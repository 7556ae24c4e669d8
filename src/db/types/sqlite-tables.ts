import { sql } from "kysely";
import type { AnyKysely } from "../migrate/migration.ts";
import { type ColumnTypes, type GeneratedBy, type TableModel, groupByTable } from "./table-model.ts";

interface Row {
  readonly table: string;
  readonly kind: string;
  readonly without_rowid: number;
  readonly column: string;
  readonly type: string;
  readonly not_null: number;
  readonly default_value: string | null;
  /** Its place in the primary key; 0 when it is not in it. */
  readonly key_place: number;
  /** 2 and 3: generated. */
  readonly hidden: number;
  readonly key_columns: number;
}

const same = (select: string): ColumnTypes => ({ select });

/**
 * By the words of a declared type: first the ones that have a meaning for the room's driver, then SQLite's own rules of affinity
 * (datatype3, section 3.1).
 */
const BY_WORD: readonly (readonly [RegExp, ColumnTypes])[] = [
  [/bool/i, { select: "number", write: "boolean | number" }],
  [/date|time/i, { select: "string", write: "Date | string" }],
  [/bigint/i, { select: "number", write: "number | bigint" }],
  [/int/i, same("number")],
  [/char|clob|text|json|uuid/i, same("string")],
  [/blob/i, same("Uint8Array")],
  [/real|floa|doub/i, same("number")],
  [/^(?:any)?$/i, same("unknown")],
];

/** Tables and views of the main database. */
export async function readSqliteTables(db: AnyKysely): Promise<readonly TableModel[]> {
  const { rows } = await sql<Row>`
    select l.name as "table", l.type as kind, l.wr as without_rowid, c.name as "column", c.type as type, c."notnull" as not_null,
      c.dflt_value as default_value, c.pk as key_place, c.hidden as hidden,
      (select count(*) from pragma_table_xinfo(l.name) k where k.pk > 0) as key_columns
    from pragma_table_list l join pragma_table_xinfo(l.name) c
    where l.schema = 'main' and l.type in ('table', 'view') and c.hidden <> 1`.execute(db);
  return groupByTable(
    rows.map((row) => ({
      table: row.table,
      isView: row.kind === "view",
      column: {
        name: row.column,
        types: BY_WORD.find(([word]) => word.test(row.type))?.[1] ?? { select: "number", write: "number | string" },
        // SQLite lets null into most primary keys, which nobody wants.
        nullable: row.not_null === 0 && row.key_place === 0,
        generated: generatedBy(row),
      },
    })),
  );
}

function generatedBy(row: Row): GeneratedBy {
  if (row.hidden === 2 || row.hidden === 3) return "always";
  const isRowId = row.key_columns === 1 && row.key_place === 1 && row.without_rowid === 0 && /^integer$/i.test(row.type);
  return isRowId || row.default_value !== null ? "default" : "nobody";
}
