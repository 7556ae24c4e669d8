import { sql } from "kysely";
import type { AnyKysely } from "../migrate/migration.ts";
import { type ColumnTypes, type GeneratedBy, type TableModel, groupByTable, literals } from "./table-model.ts";

interface Row {
  readonly table: string;
  readonly kind: string;
  readonly column: string;
  readonly data_type: string;
  readonly full_type: string;
  readonly nullable: string;
  readonly has_default: number | bigint;
  readonly extra: string;
}

const same = (select: string): ColumnTypes => ({ select });
const NUMBER = same("number");
const BYTES = same("Uint8Array");
const TIME: ColumnTypes = { select: "Date", write: "Date | string" };

/** As the room's driver reads them; every other type is read as text. */
const TYPES: Readonly<Record<string, ColumnTypes>> = {
  tinyint: NUMBER,
  smallint: NUMBER,
  mediumint: NUMBER,
  int: NUMBER,
  year: NUMBER,
  float: NUMBER,
  double: NUMBER,
  bigint: { select: "number", write: "number | bigint | string" },
  decimal: { select: "string", write: "number | string" },
  datetime: TIME,
  timestamp: TIME,
  json: { select: "unknown", write: "string" },
  bit: BYTES,
  binary: BYTES,
  varbinary: BYTES,
  tinyblob: BYTES,
  blob: BYTES,
  mediumblob: BYTES,
  longblob: BYTES,
  point: same("unknown"),
  geometry: same("unknown"),
  linestring: same("unknown"),
  polygon: same("unknown"),
  multipoint: same("unknown"),
  multilinestring: same("unknown"),
  multipolygon: same("unknown"),
  geometrycollection: same("unknown"),
};

/** Tables and views of the database. MariaDB's `json` is a text with a check, and is read as one. */
export async function readMysqlTables(db: AnyKysely): Promise<readonly TableModel[]> {
  const { rows } = await sql<Row>`
    select c.table_name as ${sql.id("table")}, t.table_type as kind, c.column_name as ${sql.id("column")}, c.data_type as data_type,
      c.column_type as full_type, c.is_nullable as nullable, c.column_default is not null as has_default, c.extra as extra
    from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = database()`.execute(db);
  return groupByTable(
    rows.map((row) => ({
      table: row.table,
      isView: row.kind.includes("VIEW"),
      column: { name: row.column, types: typesOf(row), nullable: row.nullable === "YES", generated: generatedBy(row) },
    })),
  );
}

function typesOf({ data_type: type, full_type: full }: Row): ColumnTypes {
  if (type === "enum") return same(literals(enumValues(full)));
  if (full.startsWith("tinyint(1)")) return { select: "number", write: "boolean | number" };
  return TYPES[type] ?? same("string");
}

/** `enum('a','it''s')`. */
function enumValues(full: string): readonly string[] {
  return [...full.matchAll(/'((?:[^']|'')*)'/g)].map(([, value = ""]) => value.replaceAll("''", "'"));
}

function generatedBy({ extra, has_default: hasDefault, nullable }: Row): GeneratedBy {
  const words = extra.toLowerCase();
  if (/\b(?:virtual|stored|persistent) generated\b|\bgenerated always\b/.test(words)) return "always";
  if (words.includes("auto_increment") || words.includes("default_generated")) return "default";
  // A column that may be null has the default null, which its type says already.
  return Number(hasDefault) === 1 && nullable === "NO" ? "default" : "nobody";
}
