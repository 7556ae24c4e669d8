import type { LoadedConfig } from "./contract.ts";
import { valueAt } from "./value-path.ts";

/** One effective value, as operators may see it. */
export interface ExplainedSetting {
  /** `uploads.maxSize` */
  readonly key: string;
  /** `UPLOADS_MAX_SIZE` */
  readonly variable: string;
  /** On one line; secrets masked; `-` when there is none. */
  readonly value: string;
  readonly source: string;
}

/** Every effective value with its source, secrets masked, in the order of the schema. */
export function explainConfig(loaded: LoadedConfig): readonly ExplainedSetting[] {
  return loaded.schema.keys.map(({ name, path, variable, setting }) => {
    const value = valueAt(loaded.values, path);
    const source = loaded.provenance[name] as string;
    return { key: name, variable, value: value === undefined ? "-" : setting.show(value), source };
  });
}

/** {@link explainConfig} as a table for a terminal. */
export function formatExplanation(rows: readonly ExplainedSetting[]): string {
  const table = [["KEY", "VALUE", "SOURCE"], ...rows.map((row) => [row.key, row.value, row.source])];
  const widths = [0, 1].map((column) => Math.min(WIDEST, Math.max(...table.map((cells) => (cells[column] as string).length))));
  return table.map((cells) => `${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`).join("");
}

// One long value must not push the sources of all others off the screen.
const WIDEST = 48;
