/** A string of a structured field (RFC 9651, section 3.3.3), with parameters behind it that mean nothing here (section 3.1.2). */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"((?: *; *[a-z*][a-z0-9_.*-]*(?:=[^\s;,"]{1,64})?){0,8})$/;
/** What clients send that know nothing of quotes: any printable characters that do not make it a list, a string or parameters. */
const BARE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;
const LONGEST = 255;

/** What callers are told of it, as a regular expression: all that {@link parseKey} takes but parameters. */
export const KEY_PATTERN: string = String.raw`^(?:"(?:[ !#-\[\]-~]|\\["\\]){1,${LONGEST}}"|[!#-+\--:<-\[\]-~]{1,${LONGEST}})$`;

/** The header that carries it, in lower case. */
export const KEY_HEADER = "idempotency-key";

/**
 * The key that an `Idempotency-Key` says: a string in quotes, as the draft has it (section 2.1), or the same text bare. Undefined for anything
 * else, a list of several for instance.
 */
export function parseKey(header: string): string | undefined {
  const text = header.trim();
  if (text.length > 2 * LONGEST + 2) return undefined;
  const key = text.startsWith('"') ? QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, "$1") : BARE.exec(text)?.[0];
  return key === undefined || key === "" || key.length > LONGEST ? undefined : key;
}
