import type { CalendarUnit } from "./contract.ts";

/** A span of the calendar, in milliseconds since 1970. */
export interface CalendarWindow {
  readonly start: number;
  /** The first moment that is no longer in it. */
  readonly end: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The longest that such a span lasts, in milliseconds, give or take a change of the clocks. */
export const LONGEST: Readonly<Record<CalendarUnit, number>> = { hour: HOUR, day: DAY, month: 31 * DAY };

/** Tells in which span a moment is. The last answer is kept: the next moment is mostly in it too. */
export class Calendar {
  readonly #unit: CalendarUnit;
  readonly #timezone: string;
  readonly #format: Intl.DateTimeFormat;
  #window: CalendarWindow = { start: 0, end: 0 };

  /** @throws RangeError for a time zone that nobody knows */
  constructor(unit: CalendarUnit, timezone: string) {
    this.#unit = unit;
    this.#timezone = timezone;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      calendar: "gregory",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** @param now milliseconds since 1970 */
  windowAt(now: number): CalendarWindow {
    const { start, end } = this.#window;
    if (now >= start && now < end) return this.#window;
    return (this.#window = this.#find(now));
  }

  #find(now: number): CalendarWindow {
    const offset = this.#offsetAt(now);
    const { start, end } = windowOf(this.#unit, now + offset);
    // An hour of clocks that are set back is two hours, each of its own.
    if (this.#unit === "hour") return { start: start - offset, end: end - offset };
    return { start: this.#toUniversal(start), end: this.#toUniversal(end) };
  }

  /** How far the zone's clocks are ahead of UTC. */
  #offsetAt(moment: number): number {
    if (this.#timezone === "UTC") return 0;
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(moment)) parts[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1_000) * 1_000;
  }

  /** The first moment at which the zone's clocks show a time, or the one at which they skip it. */
  #toUniversal(local: number): number {
    const guess = local - this.#offsetAt(local);
    const before = local - this.#offsetAt(guess - 6 * HOUR);
    const after = local - this.#offsetAt(guess + 6 * HOUR);
    const shown = [before, after].filter((moment) => moment + this.#offsetAt(moment) === local);
    return shown.length === 0 ? Math.max(before, after) : Math.min(...shown);
  }
}

/** As if the zone were UTC. */
function windowOf(unit: CalendarUnit, local: number): CalendarWindow {
  if (unit !== "month") {
    const length = unit === "hour" ? HOUR : DAY;
    const start = Math.floor(local / length) * length;
    return { start, end: start + length };
  }
  const date = new Date(local);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { start: Date.UTC(year, month, 1), end: Date.UTC(year, month + 1, 1) };
}
