import { type CspDirectiveName, checkDirective } from "./csp-directive.ts";
import { errors } from "./errors.ts";
import { isNonce } from "./nonce.ts";

/** Directives and their values. `true` is for `upgrade-insecure-requests` and a bare `sandbox`. */
export type CspDirectives = { readonly [Name in CspDirectiveName]?: readonly string[] | true | undefined };

export interface CspOptions {
  /** Browsers report what the policy would have stopped, and stop nothing. Default false. */
  readonly reportOnly?: boolean | undefined;
}

/** A compiled Content-Security-Policy. */
export interface Csp {
  /** `content-security-policy`, or `content-security-policy-report-only`. */
  readonly headerName: string;
  /** The policy of a page that has no inline script or style: nonce sources are left out. */
  readonly withoutNonce: string;
  /**
   * The policy with this answer's nonce in its place.
   *
   * @param nonce from `createNonce()`, a fresh one for every answer
   * @throws E_SECURITY_NONCE_INVALID when it is not base64 of at least 22 characters
   */
  withNonce(nonce: string): string;
}

const NONCE = "'nonce'";

/** The policy of pages unless they say otherwise: scripts and styles by nonce, no frames, no plug-ins, forms to this site only. */
export const PAGE_DIRECTIVES: CspDirectives = Object.freeze({
  "default-src": ["'self'"],
  "script-src": [NONCE, "'strict-dynamic'"],
  "style-src": ["'self'", NONCE],
  "img-src": ["'self'", "data:"], // an icon of a page that has none: browsers ask for /favicon.ico otherwise
  "object-src": ["'none'"],
  "base-uri": ["'none'"],
  "frame-ancestors": ["'none'"],
  "form-action": ["'self'"],
});

/**
 * Compiles a Content-Security-Policy (CSP level 3). The value `'nonce'` marks where the nonce of each answer goes.
 * Everything is checked now: unknown directives, keywords without quotes, values that would end a directive early.
 *
 * @param directives default {@link PAGE_DIRECTIVES}
 * @throws E_SECURITY_CSP_DIRECTIVE_UNKNOWN, E_SECURITY_CSP_SOURCE_INVALID, E_SECURITY_CSP_EMPTY
 * @example
 * const csp = createCsp({ "default-src": ["'self'"], "script-src": ["'nonce'"] });
 * csp.withNonce(createNonce()); // "default-src 'self'; script-src 'nonce-…'"
 */
export function createCsp(directives: CspDirectives = PAGE_DIRECTIVES, options: CspOptions = {}): Csp {
  const withMark: string[] = [];
  const withoutMark: string[] = [];
  for (const [name, value] of Object.entries(directives)) {
    if (value === undefined) continue;
    const values = checkDirective(name, value);
    withMark.push([name, ...values].join(" "));
    const rest = values.filter((item) => item !== NONCE);
    withoutMark.push([name, ...(values.length > 0 && rest.length === 0 ? ["'none'"] : rest)].join(" "));
  }
  if (withMark.length === 0) throw errors.CSP_EMPTY();
  const pieces = withMark.join("; ").replaceAll(NONCE, "'nonce-\0'").split("\0");
  return Object.freeze({
    headerName: options.reportOnly === true ? "content-security-policy-report-only" : "content-security-policy",
    withoutNonce: withoutMark.join("; "),
    withNonce: (nonce: string): string => {
      if (!isNonce(nonce)) throw errors.NONCE_INVALID();
      return pieces.join(nonce);
    },
  });
}
