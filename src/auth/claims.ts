import { TokenFault } from "./jwt.ts";
import type { TokenPrincipal } from "./contract.ts";

/** What a rule demands of claims. */
export interface ClaimRules {
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** Milliseconds. */
  readonly tolerance: number;
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * Checks the registered claims (RFC 7519, section 4.1), all but the expiry.
 *
 * @param now milliseconds since 1970
 * @throws TokenFault
 */
export function checkClaims(claims: Claims, rules: ClaimRules, now: number): void {
  const { iss, aud } = claims;
  if (rules.issuer !== undefined && iss !== rules.issuer) throw new TokenFault("it is from another issuer");
  if (rules.audience !== undefined && !isFor(aud, rules.audience)) throw new TokenFault("it is for another audience");
  for (const name of ["nbf", "iat"]) {
    if (claims[name] === undefined) continue;
    // Written so that a clock that gives no number refuses.
    if (!(now + rules.tolerance >= dateOf(claims, name))) throw new TokenFault(`its \`${name}\` lies in the future`);
  }
}

/** When the token ends, in milliseconds since 1970. Every token ends. */
export function expiryOf(claims: Claims): number {
  return dateOf(claims, "exp");
}

/** The caller that claims describe, frozen. */
export function principalOf(claims: Claims): TokenPrincipal {
  const { sub, scope } = claims;
  if (typeof sub !== "string" || sub === "") throw new TokenFault("its `sub` names nobody");
  if (scope !== undefined && typeof scope !== "string") throw new TokenFault("its `scope` is no text");
  return freezeDeep({
    kind: "user",
    id: sub,
    roles: rolesOf(claims.roles),
    scopes: scope === undefined ? [] : scope.split(" ").filter((word) => word !== ""),
    method: "bearer",
    authenticatedAt: claims.auth_time === undefined ? undefined : dateOf(claims, "auth_time"),
    claims,
  });
}

function isFor(aud: unknown, audience: string): boolean {
  return aud === audience || (Array.isArray(aud) && aud.includes(audience));
}

/** A NumericDate (RFC 7519, section 2) in milliseconds. JSON's `1e400` is Infinity: no date. */
function dateOf(claims: Claims, name: string): number {
  const value = claims[name];
  if (typeof value !== "number" || !Number.isFinite(value)) throw new TokenFault(`its \`${name}\` is no date`);
  return value * 1_000;
}

function rolesOf(roles: unknown): readonly string[] {
  if (roles === undefined) return [];
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === "string"))
    throw new TokenFault("its `roles` are no list of texts");
  return [...roles];
}

/** Depth is bounded by the length of a token: at most 8 KB of brackets. */
function freezeDeep<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) freezeDeep(part);
    Object.freeze(value);
  }
  return value;
}
