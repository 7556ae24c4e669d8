/** The value of a key in a tree of values. */
export function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((group, segment) => (group as Readonly<Record<string, unknown>>)[segment], values);
}

/** Puts the value of a key into a tree of values, making the groups above it. */
export function placeValue(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let group = values;
  for (const segment of path.slice(0, -1)) group = (group[segment] ??= {}) as Record<string, unknown>;
  group[path.at(-1) as string] = value;
}
