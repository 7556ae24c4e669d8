const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = `(${MONTHS.join("|")})`;
const TIME = String.raw`(\d\d):(\d\d):(\d\d)`;
const FIXDATE = new RegExp(String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ${MONTH} (\d{4}) ${TIME} GMT$`);
const RFC850 = new RegExp(String.raw`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-${MONTH}-(\d\d) ${TIME} GMT$`);
const ASCTIME = new RegExp(String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} ([ \d]\d) ${TIME} (\d{4})$`);

/** A date this many years in the future by its two digits is one of the century before (RFC 9110, section 5.6.7). */
const FUTURE_YEARS = 50;

/** A time as RFC 9110, section 5.6.7, spells it. @param time milliseconds since 1970; what is less than a second is cut off */
export function formatHttpDate(time: number): string {
  return new Date(time).toUTCString();
}

/**
 * Milliseconds since 1970 of a date in one of the three spellings of RFC 9110, section 5.6.7; undefined for anything else, where
 * `Date.parse` would guess.
 *
 * @param now milliseconds since 1970: what the two-digit years of old clients are read by
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const fixed = FIXDATE.exec(text);
  if (fixed !== null) return timeOf(fixed[3], fixed[2], fixed[1], fixed.slice(4));
  const old = RFC850.exec(text);
  if (old !== null) return timeOf(fullYear(Number(old[3]), now), old[2], old[1], old.slice(4));
  const asctime = ASCTIME.exec(text);
  return asctime === null ? undefined : timeOf(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6));
}

function fullYear(digits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + digits;
  return year > thisYear + FUTURE_YEARS ? year - 100 : year;
}

function timeOf(
  year: string | number | undefined,
  month: string | undefined,
  day: string | undefined,
  time: readonly string[],
): number | undefined {
  const [hours, minutes, seconds] = time.map(Number) as [number, number, number];
  // A leap second is written as the 60th, and is the next minute's first.
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const date = new Date(0);
  const monthIndex = MONTHS.indexOf(month as string);
  date.setUTCFullYear(Number(year), monthIndex, Number(day));
  if (date.getUTCMonth() !== monthIndex || Number(day) === 0) return undefined;
  return date.setUTCHours(hours, minutes, seconds);
}
