import { trimBlanks } from "./blank.ts";

const MAX_HEADER = 16_384;
const MAX_COOKIES = 64;
const MAX_PAIR = 4_096;
const NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/**
 * Cookies of a `Cookie` header (RFC 6265bis section 4.2), without a prototype. Values come as they were sent: not decoded, quotes
 * kept. The first of several cookies with one name wins, which is the one with the longest path. Left out are cookies without a
 * name or with one that is no token, with a control character, or over 4,096 characters; everything after the 64th; and everything
 * when the header has more than 16,384 characters. So an oversized header signs a caller out, and never in.
 *
 * @example
 * parseCookies("session=abc; theme=dark").session; // "abc"
 */
export function parseCookies(header: string | undefined): Readonly<Record<string, string | undefined>> {
  const cookies = Object.create(null) as Record<string, string | undefined>;
  if (header === undefined || header.length > MAX_HEADER) return cookies;
  let count = 0;
  let start = 0;
  while (start < header.length && count < MAX_COOKIES) {
    const semicolon = header.indexOf(";", start);
    const end = semicolon < 0 ? header.length : semicolon;
    if (addCookie(cookies, trimBlanks(header, start, end))) count++;
    start = end + 1;
  }
  return cookies;
}

function addCookie(cookies: Record<string, string | undefined>, pair: string): boolean {
  const equals = pair.indexOf("=");
  if (equals < 0 || pair.length > MAX_PAIR) return false;
  const name = trimBlanks(pair, 0, equals);
  if (!NAME.test(name) || CONTROL.test(pair) || name in cookies) return false;
  cookies[name] = trimBlanks(pair, equals + 1, pair.length);
  return true;
}
