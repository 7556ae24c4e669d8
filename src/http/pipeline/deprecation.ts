import type { DeprecationOptions, RouteContract } from "../contract.ts";

/** When a route is deprecated, and gone, as it is told to callers and to operators. */
export interface Deprecation {
  /** Flat: name, value. */
  readonly headers: readonly string[];
  /** Milliseconds since 1970. */
  readonly sunset: number | undefined;
  /** Whether the route ends at its sunset. */
  readonly gone: boolean;
  /** For listings. */
  readonly text: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** ISO 8601 with its zone: without one, a time means another moment on every machine. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * What a route's `deprecated` says: nothing, a deprecation, or, as a text, what is wrong with it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9745 and https://www.rfc-editor.org/rfc/rfc8594
 */
export function parseDeprecation(declared: boolean | DeprecationOptions | undefined): Deprecation | string | undefined {
  if (declared === undefined || declared === false) return undefined;
  if (declared === true) return { headers: ["deprecation", "@0"], sunset: undefined, gone: false, text: "deprecated" };
  const { link, gone = false } = declared;
  const since = timeOf(declared.since);
  const sunset = declared.sunset === undefined ? undefined : timeOf(declared.sunset);
  if (Number.isNaN(since)) return `\`deprecated.since\` is no date. ${DATES}`;
  if (Number.isNaN(sunset)) return `\`deprecated.sunset\` is no date. ${DATES}`;
  if (sunset !== undefined && sunset < since) return "`deprecated.sunset` lies before `since`";
  if (gone && sunset === undefined) return "`deprecated.gone` needs a `sunset`: from then on the route is gone";
  if (link !== undefined && !isLink(link)) return "`deprecated.link` is neither a URL nor a path that starts with a slash";
  const headers = ["deprecation", `@${Math.floor(since / 1_000)}`];
  if (sunset !== undefined) headers.push("sunset", new Date(sunset).toUTCString());
  if (link !== undefined) headers.push("link", `<${link}>; rel="deprecation"`);
  return { headers, sunset, gone, text: describe(since, sunset, gone) };
}

/** When a route is deprecated. Faults have been refused with the routes; here there are none. */
export function deprecationOf({ deprecated }: Pick<RouteContract, "deprecated">): Deprecation | undefined {
  const deprecation = parseDeprecation(deprecated);
  return typeof deprecation === "object" ? deprecation : undefined;
}

const DATES = 'Write a Date, a day ("2026-07-01"), or a time with its zone ("2026-07-01T12:00:00Z").';

function timeOf(date: Date | string): number {
  if (typeof date !== "string") return date.getTime();
  return DAY.test(date) || TIME.test(date) ? Date.parse(date) : Number.NaN;
}

/** A reference that can stand between angle brackets in a header as it is. */
function isLink(link: string): boolean {
  return /^(?:https?:\/\/|\/)[\x21-\x7e]*$/.test(link) && !/[<>"\\^`{|}]/.test(link) && URL.canParse(link, "http://localhost");
}

function describe(since: number, sunset: number | undefined, gone: boolean): string {
  const deprecated = `deprecated ${dayOf(since)}`;
  return sunset === undefined ? deprecated : `${deprecated}, ${gone ? "gone" : "sunset"} ${dayOf(sunset)}`;
}

/** The day of a time, in UTC. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
