import { sql } from "kysely";
import type { AnyKysely } from "../migrate/migration.ts";
import { type ColumnTypes, type GeneratedBy, type TableModel, groupByTable, literals } from "./table-model.ts";

interface Row {
  readonly table: string;
  readonly kind: string;
  readonly column: string;
  /** Name of the base type: domains are resolved. */
  readonly type: string;
  /** Name of the elements' type, for an array. */
  readonly element: string | null;
  /** Values of an enumeration, or null. */
  readonly labels: readonly string[] | null;
  readonly not_null: boolean;
  readonly has_default: boolean;
  /** `a` always, `d` by default, else empty. */
  readonly identity: string;
  readonly is_generated: boolean;
}

const same = (select: string): ColumnTypes => ({ select });
const NUMBER = same("number");
const TEXT = same("string");
const TIME: ColumnTypes = { select: "Date", write: "Date | string" };
/** `pg` would write an array as an array of PostgreSQL, so JSON is given as text. */
const JSON_VALUE: ColumnTypes = { select: "unknown", write: "string" };

/** As the room's driver reads them; every other type is read as text. */
const TYPES: Readonly<Record<string, ColumnTypes>> = {
  int2: NUMBER,
  int4: NUMBER,
  oid: NUMBER,
  float4: NUMBER,
  float8: NUMBER,
  int8: { select: "number", write: "number | bigint | string" },
  numeric: { select: "string", write: "number | string" },
  bool: same("boolean"),
  timestamp: TIME,
  timestamptz: TIME,
  json: JSON_VALUE,
  jsonb: JSON_VALUE,
  bytea: same("Uint8Array"),
  interval: { select: "object", write: "string" },
  point: { select: "{ x: number; y: number }", write: "string" },
  circle: { select: "{ x: number; y: number; radius: number }", write: "string" },
};

/** Arrays that the driver takes apart; every other array is read as text. */
const ARRAY_ELEMENTS: Readonly<Record<string, string>> = {
  bool: "boolean",
  int2: "number",
  int4: "number",
  int8: "number",
  float4: "number",
  float8: "number",
  numeric: "string",
  text: "string",
  varchar: "string",
  bpchar: "string",
  uuid: "string",
  timestamp: "Date",
  timestamptz: "Date",
  date: "Date",
  json: "unknown",
  jsonb: "unknown",
  bytea: "Uint8Array",
};

/** Tables and views of the current schema, without what extensions have brought along, and without partitions. */
export async function readPostgresTables(db: AnyKysely): Promise<readonly TableModel[]> {
  const { rows } = await sql<Row>`
    select c.relname as table, c.relkind as kind, a.attname as column,
      coalesce(b.typname, t.typname) as type,
      case when coalesce(b.typcategory, t.typcategory) = 'A' then e.typname end as element,
      (select array_agg(l.enumlabel::text order by l.enumsortorder) from pg_enum l where l.enumtypid = coalesce(b.oid, t.oid)) as labels,
      (a.attnotnull or coalesce(t.typnotnull, false)) as not_null,
      (a.atthasdef or t.typdefault is not null) as has_default,
      a.attidentity::text as identity,
      a.attgenerated <> '' as is_generated
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_type b on t.typtype = 'd' and b.oid = (
      with recursive bases as (
        select t.typbasetype as oid union all select d.typbasetype from bases join pg_type d on d.oid = bases.oid where d.typtype = 'd'
      ) select bases.oid from bases join pg_type d on d.oid = bases.oid where d.typtype <> 'd')
    left join pg_type e on e.oid = coalesce(b.typelem, t.typelem)
    where c.relnamespace = (select oid from pg_namespace where nspname = current_schema())
      and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
      and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`.execute(
    db,
  );
  return groupByTable(
    rows.map((row) => ({
      table: row.table,
      isView: row.kind === "v" || row.kind === "m",
      column: { name: row.column, types: typesOf(row), nullable: !row.not_null, generated: generatedBy(row) },
    })),
  );
}

function typesOf({ type, element, labels }: Row): ColumnTypes {
  if (labels !== null) return same(literals(labels));
  if (element === null) return TYPES[type] ?? TEXT;
  const parsed = ARRAY_ELEMENTS[element];
  if (parsed === undefined) return TEXT;
  return { select: `${parsed}[]`, write: element.startsWith("json") ? "string" : `${parsed}[] | string` };
}

function generatedBy({ identity, is_generated: isGenerated, has_default: hasDefault }: Row): GeneratedBy {
  if (isGenerated || identity === "a") return "always";
  return identity === "d" || hasDefault ? "default" : "nobody";
}
