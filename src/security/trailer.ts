const FORBIDDEN: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "cache-control",
  "connection",
  "cookie",
  "date",
  "expect",
  "expires",
  "forwarded",
  "host",
  "idempotency-key",
  "keep-alive",
  "location",
  "max-forwards",
  "origin",
  "pragma",
  "priority",
  "range",
  "referer",
  "retry-after",
  "set-cookie",
  "te",
  "trailer",
  "traceparent",
  "tracestate",
  "transfer-encoding",
  "upgrade",
  "vary",
  "via",
  "warning",
  "www-authenticate",
]);
const FORBIDDEN_FAMILIES =
  /^(?:access-control|authentication|content|if|proxy|sec|x-(?:api|forwarded|http-method|real|request))-/;

/**
 * Whether a field may not stand in the trailer section because it decides about framing, routing, identity, conditions, caching or
 * the content (RFC 9110 section 6.5.1). Refuse a request that has one: what was decided before the body came cannot change after
 * it. Case and underscores make no difference.
 *
 * @example
 * isForbiddenTrailer("Content-Length"); // true
 * isForbiddenTrailer("x-checksum"); // false
 */
export function isForbiddenTrailer(name: string): boolean {
  const plain = name.replaceAll("_", "-").toLowerCase();
  return FORBIDDEN.has(plain) || FORBIDDEN_FAMILIES.test(plain);
}
