import { type Duration, isDuration, parseDuration } from "./duration.ts";
import { errors } from "./errors.ts";

/** So many per span of time, as text: `"100/1m"` is a hundred a minute. */
export type Rate = `${number}/${Duration}`;

/** A rate in numbers. */
export interface RateValue {
  /** How many are allowed in one period. At least 1. */
  readonly count: number;
  /** The period in milliseconds. */
  readonly period: number;
}

const PATTERN = /^([1-9]\d{0,8})\/(.+)$/;

/**
 * The numbers of a rate.
 *
 * @throws E_CORE_RATE_INVALID when the text is no rate
 * @example
 * parseRate("100/1m"); // { count: 100, period: 60000 }
 */
export function parseRate(text: Rate): RateValue {
  const match = PATTERN.exec(text);
  const duration = match?.[2] ?? "";
  if (match === null || !isDuration(duration)) throw errors.RATE_INVALID({ text });
  const period = parseDuration(duration);
  if (period <= 0) throw errors.RATE_INVALID({ text });
  return { count: Number(match[1]), period };
}

/** Whether a text is a rate. */
export function isRate(text: string): text is Rate {
  const match = PATTERN.exec(text);
  return match !== null && isDuration(match[2] as string) && parseDuration(match[2] as Duration) > 0;
}
