import type { ConfigSchema } from "./contract.ts";
import { describeDemand } from "./describe-default.ts";
import { toPrintable } from "./printable.ts";

/** A Markdown table of every setting: key, variable, meaning, what it takes, default. The same on every machine. */
export function configReference(schema: ConfigSchema): string {
  const rows = schema.keys.map(({ name, variable, setting }) => [
    `\`${name}\``,
    `\`${variable}\``,
    setting.options.doc ?? "",
    setting.expected,
    describeDemand(setting),
    setting.options.reload === "live" ? "nothing" : "a restart",
  ]);
  const table = [HEADINGS, HEADINGS.map(() => "---"), ...rows];
  return table.map((cells) => `| ${cells.map(escapeCell).join(" | ")} |\n`).join("");
}

const HEADINGS: readonly string[] = ["key", "variable", "meaning", "expects", "without a value", "a change needs"];

function escapeCell(cell: string): string {
  return toPrintable(cell).replaceAll("|", String.raw`\|`);
}
