import { errors } from "./errors.ts";

/** A length of time as text: `"250ms"`, `"30s"`, `"5m"`, `"2h"`, `"7d"`. Fractions are allowed (`"1.5s"`). */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PATTERN = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;

/**
 * Milliseconds of a duration.
 *
 * @throws E_CORE_DURATION_INVALID when the text is no duration
 * @example
 * parseDuration("1.5s"); // 1500
 */
export function parseDuration(text: Duration): number {
  const match = PATTERN.exec(text);
  if (match === null) throw errors.DURATION_INVALID({ text });
  const milliseconds = Number(match[1]) * (MILLISECONDS[match[2] as string] as number);
  // "1.001s" must be 1001, not 1000.9999999999999: 15 digits are what a double surely holds.
  return Number(milliseconds.toPrecision(15));
}

/** Whether a text is a duration. */
export function isDuration(text: string): text is Duration {
  return PATTERN.test(text);
}

/** The shortest duration text for whole milliseconds: `formatDuration(90_000)` is `"90s"`. */
export function formatDuration(milliseconds: number): Duration {
  for (const unit of ["d", "h", "m", "s"] as const) {
    const size = MILLISECONDS[unit] as number;
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}
