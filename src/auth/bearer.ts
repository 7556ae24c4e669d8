import { type Clock, type Duration, isPlinthError, parseDuration, systemClock } from "../core/mod.ts";
import type { AuthRule, RequestView } from "../http/contract.ts";
import { type ClaimRules, checkClaims, expiryOf, principalOf } from "./claims.ts";
import type { TokenPrincipal } from "./contract.ts";
import { errors } from "./errors.ts";
import { LONGEST_TOKEN, TokenFault, parseObject, parseToken } from "./jwt.ts";
import { TokenCache, type VerifiedToken } from "./token-cache.ts";
import { KeyRing, type VerificationKeyOptions } from "./verification-key.ts";

export interface BearerOptions {
  /** Keys that tokens may be signed with. During a rotation both the old and the new. */
  readonly keys: VerificationKeyOptions | readonly VerificationKeyOptions[];
  /** When given, tokens must have exactly this `iss`. */
  readonly issuer?: string;
  /** When given, tokens must have exactly this `aud`, or a list with it. */
  readonly audience?: string;
  /** How far the issuer's clock may be from this one. Default `"0s"`. */
  readonly clockTolerance?: Duration;
  /** Names the protected space in `WWW-Authenticate`. Default `api`. */
  readonly realm?: string;
  readonly clock?: Clock;
}

/** Tokens are verified at once: `identify` returns no promise. */
export interface BearerRule extends AuthRule<TokenPrincipal> {
  identify(request: RequestView): TokenPrincipal;
}

/**
 * Callers are who their access token says: `Authorization: Bearer <JSON Web Token>` (RFC 6750, RFC 7519). A token is believed when a
 * key made its signature with that key's algorithm, it names a subject, it has an expiry that has not passed, and it is from and for
 * whom the options say. Lately verified tokens are remembered by their whole text; their expiry is checked every time.
 *
 * The rule's 401 is E_AUTH_CREDENTIALS_MISSING, E_AUTH_TOKEN_INVALID or E_AUTH_TOKEN_EXPIRED; a fault of a key or the clock is a 503,
 * E_AUTH_UNAVAILABLE.
 *
 * @throws E_AUTH_KEY_INVALID, E_AUTH_RULE_INVALID, E_CORE_DURATION_INVALID
 * @example
 * const auth = bearer({
 *   keys: { algorithm: "EdDSA", publicKey: await readFile("signing-key.pub.pem", "utf8") },
 *   issuer: "https://login.example.com",
 *   audience: "https://api.example.com",
 * });
 */
export function bearer(options: BearerOptions): BearerRule {
  const { realm = "api" } = options;
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(realm)) throw errors.RULE_INVALID({ reason: "its realm cannot stand in a header" });
  for (const name of ["issuer", "audience"] as const) {
    // An empty one, from a variable that was not set, must not turn the check off or pass for a value.
    if (options[name] === "") throw errors.RULE_INVALID({ reason: `its ${name} is empty` });
  }
  const challenge = `Bearer realm="${realm}"`;
  const verifier = new TokenVerifier(options, challenge);
  return Object.freeze<BearerRule>({
    scheme: "bearer",
    challenge,
    credentials: {
      securityScheme: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      errors: [errors.CREDENTIALS_MISSING, errors.TOKEN_INVALID, errors.TOKEN_EXPIRED, errors.UNAVAILABLE],
    },
    identify: (request) => verifier.identify(request),
  });
}

class TokenVerifier {
  readonly #keys: KeyRing;
  readonly #rules: ClaimRules;
  readonly #clock: Clock;
  readonly #challenge: string;
  readonly #cache = new TokenCache();

  constructor(options: BearerOptions, challenge: string) {
    const { keys, issuer, audience, clockTolerance = "0s", clock = systemClock } = options;
    this.#keys = new KeyRing("algorithm" in keys ? [keys] : keys);
    this.#rules = { issuer, audience, tolerance: parseDuration(clockTolerance) };
    this.#clock = clock;
    this.#challenge = challenge;
  }

  identify(request: RequestView): TokenPrincipal {
    const token = tokenOf(request.headers.authorization);
    if (token === undefined) throw errors.CREDENTIALS_MISSING({}, this.#answer(""));
    try {
      const now = this.#clock.now();
      const { principal, expires } = this.#cache.get(token) ?? this.#verify(token, now);
      // Written so that a clock that gives no number refuses.
      if (now < expires + this.#rules.tolerance) return principal;
    } catch (thrown) {
      throw this.#refusal(thrown);
    }
    throw errors.TOKEN_EXPIRED({}, this.#answer(', error="invalid_token", error_description="The token expired"'));
  }

  #verify(token: string, now: number): VerifiedToken {
    if (token.length > LONGEST_TOKEN) throw new TokenFault(`it is longer than ${LONGEST_TOKEN} characters`);
    const parsed = parseToken(token);
    this.#keys.verify(parsed);
    const claims = parseObject(parsed.payload);
    checkClaims(claims, this.#rules, now);
    const verified = { principal: principalOf(claims), expires: expiryOf(claims) };
    this.#cache.set(token, verified);
    return verified;
  }

  /** What failed stays in the cause. A fault that is not the token's never says that the token is bad, and never lets it in. */
  #refusal(cause: unknown): Error {
    if (cause instanceof TokenFault) return errors.TOKEN_INVALID({}, { cause, ...this.#answer(', error="invalid_token"') });
    return isPlinthError(cause) ? cause : errors.UNAVAILABLE({}, { cause });
  }

  #answer(parameters: string): { readonly headers: Readonly<Record<string, string>> } {
    return { headers: { "WWW-Authenticate": this.#challenge + parameters } };
  }
}

/** The token of an Authorization field; undefined when it is missing or has another scheme. */
function tokenOf(field: string | undefined): string | undefined {
  if (field === undefined || field.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return field.slice(7);
}
