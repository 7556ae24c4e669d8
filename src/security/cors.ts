import { type Duration, parseDuration } from "../core/mod.ts";
import { trimBlanks } from "./blank.ts";
import { errors } from "./errors.ts";
import { createOriginSet } from "./origin.ts";

/** Cross-origin rules. */
export interface CorsOptions {
  /** Exact origins (`https://app.example.com`), or `"*"` (never together with credentials). */
  readonly origins: readonly string[] | "*";
  /** Whether browsers may send cookies and read the answer. Default false. */
  readonly credentials?: boolean | undefined;
  /** Request headers that a browser may send. Default `content-type`, `authorization`, `idempotency-key`. */
  readonly allowHeaders?: readonly string[] | undefined;
  /** Answer headers that a script may read. Default `x-request-id`, `ratelimit`, `ratelimit-policy`, `retry-after`. */
  readonly exposeHeaders?: readonly string[] | undefined;
  /** How long a browser may remember a preflight. Default `"10m"`. */
  readonly maxAge?: Duration | undefined;
}

/** What is asked of the policy: headers as received, undefined where absent. */
export interface CorsRequest {
  readonly origin: string | undefined;
  /** `Access-Control-Request-Method`. Give it for OPTIONS requests only: with it the request is a preflight. */
  readonly requestMethod?: string | undefined;
  /** `Access-Control-Request-Headers`. */
  readonly requestHeaders?: string | undefined;
  /** Methods that the resource has, in upper case. */
  readonly allowedMethods: readonly string[];
}

/** What stood in the way of a cross-origin request. */
export type CorsRefusal = "origin" | "method" | "headers";

/** The answer of the policy. */
export interface CorsDecision {
  /** Names in lower case and values in turn, for the answer whatever it is. */
  readonly headers: readonly string[];
  /** Set when the origin may not read the answer, or the preflight failed: refuse a preflight with 403. */
  readonly refusal: CorsRefusal | undefined;
}

/** A compiled CORS policy. */
export interface Cors {
  decide(request: CorsRequest): CorsDecision;
}

const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;
const VARY: readonly string[] = Object.freeze(["vary", "origin"]);
const ALLOWED_HEADERS = ["content-type", "authorization", "idempotency-key"];
const EXPOSED_HEADERS = ["x-request-id", "ratelimit", "ratelimit-policy", "retry-after"];

/**
 * Compiles a CORS policy (Fetch standard, "CORS protocol"). Origins are compared whole and exactly; `null` is never allowed;
 * private network access is never granted. With a list of origins every answer varies by Origin, also where none was sent.
 *
 * @throws E_SECURITY_CORS_WILDCARD_CREDENTIALS, E_SECURITY_ORIGIN_INVALID, E_SECURITY_CORS_HEADER_INVALID, E_CORE_DURATION_INVALID
 * @example
 * const cors = createCors({ origins: ["https://app.example.com"] });
 * cors.decide({ origin: "https://app.example.com", allowedMethods: ["GET"] }).headers;
 * // ["access-control-allow-origin", "https://app.example.com", "access-control-expose-headers", "x-request-id, …", "vary", "origin"]
 */
export function createCors(options: CorsOptions): Cors {
  const { origins, credentials = false } = options;
  if (origins === "*" && credentials) throw errors.CORS_WILDCARD_CREDENTIALS();
  const allowHeaders = checkNames(options.allowHeaders ?? ALLOWED_HEADERS);
  const exposeHeaders = checkNames(options.exposeHeaders ?? EXPOSED_HEADERS);
  const seconds = Math.floor(parseDuration(options.maxAge ?? "10m") / 1_000);
  const permitted = new Set(allowHeaders);

  const compile = (origin: string): Grant => {
    const who = ["access-control-allow-origin", origin, ...(credentials ? ["access-control-allow-credentials", "true"] : [])];
    const vary = origin === "*" ? [] : VARY;
    const exposed = exposeHeaders.length === 0 ? [] : ["access-control-expose-headers", exposeHeaders.join(", ")];
    const allowed = allowHeaders.length === 0 ? [] : ["access-control-allow-headers", allowHeaders.join(", ")];
    return {
      answer: Object.freeze({ headers: Object.freeze([...who, ...exposed, ...vary]), refusal: undefined }),
      preflight: Object.freeze([...who, ...allowed, "access-control-max-age", String(seconds), ...vary]),
    };
  };
  const any = origins === "*" ? compile("*") : undefined;
  const grants = new Map(origins === "*" ? [] : [...createOriginSet(origins)].map((origin) => [origin, compile(origin)]));

  return {
    decide(request) {
      const { origin, requestMethod } = request;
      if (origin === undefined) return any?.answer ?? NOT_CROSS_ORIGIN;
      const grant = origin === "null" ? undefined : (any ?? grants.get(origin));
      if (grant === undefined) return REFUSED.origin;
      if (requestMethod === undefined) return grant.answer;
      if (!request.allowedMethods.includes(requestMethod)) return REFUSED.method;
      if (!areAllPermitted(request.requestHeaders, permitted)) return REFUSED.headers;
      const methods = ["access-control-allow-methods", request.allowedMethods.join(", ")];
      return { headers: [...grant.preflight, ...methods], refusal: undefined };
    },
  };
}

interface Grant {
  readonly answer: CorsDecision;
  readonly preflight: readonly string[];
}

// Also under "*": an answer that grants nothing must never be taken from a cache for one that does.
const NOT_CROSS_ORIGIN: CorsDecision = Object.freeze({ headers: VARY, refusal: undefined });
const REFUSED: Readonly<Record<CorsRefusal, CorsDecision>> = Object.freeze({
  origin: Object.freeze({ headers: VARY, refusal: "origin" }),
  method: Object.freeze({ headers: VARY, refusal: "method" }),
  headers: Object.freeze({ headers: VARY, refusal: "headers" }),
});

function checkNames(names: readonly string[]): readonly string[] {
  return names.map((name) => {
    if (name === "*" || !TOKEN.test(name)) throw errors.CORS_HEADER_INVALID({ name });
    return name.toLowerCase();
  });
}

/** Whether every name of a list (RFC 9110 section 5.6.1) is permitted. Linear: splits, trims and looks up. */
function areAllPermitted(list: string | undefined, permitted: ReadonlySet<string>): boolean {
  if (list === undefined) return true;
  return list.split(",").every((element) => {
    const name = trimBlanks(element, 0, element.length).toLowerCase();
    return name === "" || permitted.has(name);
  });
}
