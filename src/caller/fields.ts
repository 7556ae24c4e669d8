type FieldValue = string | number | boolean | bigint | Date | null | undefined;

/** Parts of a request by name, written as text: lists as repeated fields, dates as ISO 8601; what is `undefined` or `null` is left out. */
export type Fields = Readonly<Record<string, FieldValue | readonly FieldValue[]>>;

/** Every value of the fields that is there, as text. */
export function* listFields(fields: Fields): Generator<readonly [name: string, value: string]> {
  for (const [name, given] of Object.entries(fields)) {
    for (const value of [given].flat()) {
      if (value === undefined || value === null) continue;
      yield [name, value instanceof Date ? value.toISOString() : String(value)];
    }
  }
}

/** A query with its question mark; empty when there is nothing in it. */
export function formatQuery(fields: Fields = {}): string {
  const query = new URLSearchParams([...listFields(fields)].map(([name, value]) => [name, value])).toString();
  return query === "" ? "" : `?${query}`;
}
