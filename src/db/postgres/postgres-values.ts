import type pg from "pg";

// Object ids of types, from the server's catalogue (pg_type.dat).
const INT8 = 20;
const DATE = 1082;
const TIMESTAMP = 1114;
const INT8_ARRAY = 1016;

/** A whole number as a number while that is exact, else as its digits. */
function parseInt8(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

/** `timestamp` has no zone: it is taken as UTC, not as the zone of the machine that happens to read it. */
function parseTimestamp(text: string): Date | number | string {
  if (text === "infinity") return Infinity;
  if (text === "-infinity") return -Infinity;
  const date = new Date(`${text.replace(" ", "T")}Z`);
  return Number.isNaN(date.getTime()) ? text : date; // years before 1 or after 9999
}

/** The parsers of values that are read otherwise than `pg` reads them; the rest are its own. */
export function createTypes(types: typeof pg.types): pg.CustomTypesConfig {
  const own = new Map<number, (text: string) => unknown>([
    [INT8, parseInt8],
    [DATE, (text) => text],
    [TIMESTAMP, parseTimestamp],
    [
      INT8_ARRAY,
      (text) => (types.getTypeParser(INT8_ARRAY as never, "text") as (text: string) => (string | null)[])(text).map(exact),
    ],
  ]);
  return {
    getTypeParser: ((id: number, format: "text" | "binary") =>
      (format === "binary" ? undefined : own.get(id)) ?? types.getTypeParser(id, format)) as never,
  };
}

function exact(element: string | null): number | string | null {
  return element === null ? null : parseInt8(element);
}

/** Dates go as UTC: `pg` would write the machine's own time, and a `timestamp` column would drop the zone. */
export function toPostgresValue(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
