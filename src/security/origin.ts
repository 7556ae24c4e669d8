import { errors } from "./errors.ts";

const SPELLING = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\\@*%\s]+\/?$/i;
// Web views and extensions have origins too (`capacitor://localhost`), though URL calls them opaque and leaves their case alone.
const CUSTOM_ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(?::\d{1,5})?$/;

/**
 * An origin as browsers send it: scheme and host in lower case, international names encoded, no default port, no slash at the end.
 *
 * @throws E_SECURITY_ORIGIN_INVALID for a path, query, credentials, a wildcard or `null`
 * @example
 * normalizeOrigin("HTTPS://App.Example.com:443/"); // "https://app.example.com"
 */
export function normalizeOrigin(text: string): string {
  const url = SPELLING.test(text) ? URL.parse(text) : null;
  if (url === null) throw errors.ORIGIN_INVALID({ origin: text });
  if (url.origin !== "null") return url.origin;
  const origin = `${url.protocol}//${url.host}`;
  if (!CUSTOM_ORIGIN.test(origin)) throw errors.ORIGIN_INVALID({ origin: text });
  return origin;
}

/**
 * Origins to look requests up in, normalised once.
 *
 * @throws E_SECURITY_ORIGIN_INVALID
 */
export function createOriginSet(origins: readonly string[]): ReadonlySet<string> {
  return new Set(origins.map((origin) => normalizeOrigin(origin)));
}
