import type { Severity } from "../../core/mod.ts";
import type { Sorted } from "./examine.ts";

const ORDER: readonly Severity[] = ["error", "warning", "note"];

/** Findings for people, the gravest first. */
export function formatSorted({ findings, ignored }: Sorted): string {
  const told = ORDER.flatMap((severity) => findings.filter((finding) => finding.severity === severity)).map(
    ({ id, severity, what, why, todo }) => `${severity}  ${id}\n  ${what}\n  ${why}\n  -> ${todo}\n\n`,
  );
  const meant = ignored.map(({ id, reason }) => `ignored  ${id}: ${reason}\n`);
  const counts = ORDER.map((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return `${count} ${severity}${count === 1 ? "" : "s"}`;
  });
  return `${told.join("")}${meant.join("")}${counts.join(", ")}\n`;
}
