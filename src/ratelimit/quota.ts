import { LONGEST } from "./calendar.ts";
import type { CalendarUnit, QuotaPolicy } from "./contract.ts";
import { engine } from "./engine.ts";
import { errors } from "./errors.ts";
import { type CountedRule, type LimitOptions, createRule, isCount } from "./rule.ts";

/** So many per hour, day or month of the calendar: `"10000/month"`. */
export type Quota = `${number}/${CalendarUnit}`;

export interface QuotaOptions extends LimitOptions {
  /** Whose calendar: an IANA name, such as `"Europe/Berlin"`. Default `"UTC"`. */
  readonly timezone?: string;
}

/**
 * A quota of the calendar, for a route, a group or the whole app: everything may be used at once, and comes back whole when the next hour, day
 * or month begins. For what is sold or allotted; to keep callers from crowding others out, use `rate`, which has no such edge.
 *
 * @param text how many per hour, day or month
 * @throws E_RATELIMIT_RULE_INVALID
 * @example
 * const plan = quota("10000/month", { by: "principal", timezone: "Europe/Berlin" });
 */
export function quota(text: Quota, options: QuotaOptions): CountedRule {
  const { timezone = "UTC" } = options;
  const [, digits, unit] = /^(\d+)\/(hour|day|month)$/.exec(text) ?? [];
  if (digits === undefined)
    throw errors.RULE_INVALID({ rule: text, reason: 'it is no quota such as "10000/month" (or hour, or day)' });
  const count = Number(digits);
  const declaration = {
    policy: (name: string): QuotaPolicy => ({ kind: "quota", name, count, unit: unit as CalendarUnit, timezone }),
    text,
    windowSeconds: LONGEST[unit as CalendarUnit] / 1_000,
    most: count,
    fault: isCount(count) ? findZoneFault(timezone) : "its count must be a whole number from 1",
    engine,
  };
  return createRule(declaration, options);
}

function findZoneFault(timezone: string): string | undefined {
  try {
    Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions();
    return undefined;
  } catch {
    return `"${timezone}" is no time zone`;
  }
}
