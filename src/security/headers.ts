import { createCsp } from "./csp.ts";
import { errors } from "./errors.ts";
import { suggest } from "../core/mod.ts";

/** The headers that the block is made of, in the order they are sent. */
export type SecurityHeaderName =
  | "content-security-policy"
  | "strict-transport-security"
  | "cross-origin-opener-policy"
  | "cross-origin-resource-policy"
  | "origin-agent-cluster"
  | "x-content-type-options"
  | "referrer-policy"
  | "permissions-policy"
  | "x-frame-options"
  | "x-permitted-cross-domain-policies"
  | "x-dns-prefetch-control";

export interface SecurityHeadersOptions {
  /**
   * Whether callers reach the site by HTTPS alone. Only then `Strict-Transport-Security` is sent, because a browser that has seen
   * it takes nothing else for a year. Default false.
   */
  readonly https?: boolean | undefined;
  /** Another value for a header, or false to leave it out. */
  readonly replace?: { readonly [Name in SecurityHeaderName]?: string | false | undefined } | undefined;
}

const API_POLICY = createCsp({
  "default-src": ["'none'"],
  "frame-ancestors": ["'none'"],
  "base-uri": ["'none'"],
  "form-action": ["'none'"],
});

// OWASP Secure Headers Project and REST Security Cheat Sheet, November 2026. Not sent, because browsers have dropped or never
// needed them here: X-XSS-Protection, Expect-CT, Feature-Policy, Public-Key-Pins.
const DEFAULTS: Readonly<Record<SecurityHeaderName, string | false>> = {
  "content-security-policy": API_POLICY.withoutNonce,
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "permissions-policy":
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), " +
    "microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=()",
  "x-frame-options": "DENY",
  "x-permitted-cross-domain-policies": "none",
  "x-dns-prefetch-control": "off",
};

// RFC 9110 section 5.5: visible characters, with spaces and tabs only between them.
const VALUE = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;

/**
 * The security headers of every answer, built once at boot: names in lower case and values in turn, frozen.
 * The Content-Security-Policy is one for APIs, which allows nothing; pages set their own from {@link createCsp}.
 *
 * @throws E_SECURITY_HEADER_UNKNOWN, E_SECURITY_HEADER_INVALID
 * @example
 * securityHeaders({ https: true, replace: { "x-frame-options": false, "referrer-policy": "same-origin" } });
 */
export function securityHeaders(options: SecurityHeadersOptions = {}): readonly string[] {
  const { https = false, replace = {} } = options;
  for (const name of Object.keys(replace)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw errors.HEADER_UNKNOWN({ name, suggestion: suggest(name, Object.keys(DEFAULTS)) });
    }
  }
  const values = { ...DEFAULTS, ...(!https && { "strict-transport-security": false as const }), ...withoutUndefined(replace) };
  const block: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === false) continue;
    if (typeof value !== "string" || !VALUE.test(value)) throw errors.HEADER_INVALID({ name });
    block.push(name, value);
  }
  return Object.freeze(block);
}

function withoutUndefined(replace: object): Record<string, string | false> {
  return Object.fromEntries(Object.entries(replace).filter(([, value]) => value !== undefined));
}
