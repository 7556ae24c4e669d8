// Fields that decide about framing, identity, origin, routing or caching, here or in a proxy before us.
const SENSITIVE: ReadonlySet<string> = new Set([
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "content-disposition",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "keep-alive",
  "last-event-id",
  "max-forwards",
  "proxy-authorization",
  "proxy-connection",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-fetch-user",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "transfer-encoding",
  "x-api-key",
  "x-client-ip",
  "x-csrf-token",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-proto",
  "x-http-method-override",
  "x-original-url",
  "x-real-ip",
  "x-request-id",
  "x-rewrite-url",
]);

/**
 * Whether a header name is a sensitive one spelled with underscores (`Content_Length`, `x_forwarded_for`). Gateways that pass
 * headers on as environment variables (CGI, WSGI) cannot tell the two apart, so the underscore spelling slips past a proxy that
 * strips the other. Names with underscores that resemble no sensitive one are left alone.
 */
export function isDisguised(name: string): boolean {
  return name.includes("_") && SENSITIVE.has(name.replaceAll("_", "-").toLowerCase());
}
