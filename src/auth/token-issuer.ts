import { type KeyObject, createHmac, sign } from "node:crypto";
import { type Clock, type Duration, type Secret, parseDuration, systemClock } from "../core/mod.ts";
import { errors } from "./errors.ts";
import { hmacKey } from "./hmac-secret.ts";
import { LONGEST_TOKEN } from "./jwt.ts";
import { type KeyMaterial, type PairAlgorithm, privateKeyOf } from "./key-pair.ts";
import { isScope } from "./permit.ts";

/** The key that signs. Its algorithm is the tokens'. */
export type SigningKeyOptions =
  | {
      readonly algorithm: "HS256";
      /** At least 32 bytes. */
      readonly secret: Secret | string | KeyObject;
      /** Written into tokens, so that a verifier with several keys finds this one. */
      readonly kid?: string;
    }
  | {
      readonly algorithm: PairAlgorithm;
      readonly privateKey: KeyMaterial;
      /** As above. */
      readonly kid?: string;
    };

export interface TokenIssuerOptions {
  readonly key: SigningKeyOptions;
  readonly issuer?: string;
  readonly audience?: string;
  /** How long tokens are valid. Default `"1h"`. */
  readonly lifetime?: Duration;
  readonly clock?: Clock;
}

export interface TokenRequest {
  /** Whom the token is for. */
  readonly subject: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  /** Instead of the issuer's. */
  readonly lifetime?: Duration;
}

/** Makes access tokens that {@link bearer} verifies. */
export interface TokenIssuer {
  /** @throws E_AUTH_TOKEN_REFUSED when the token would be refused by every verifier, or say more than was meant */
  issue(request: TokenRequest): string;
}

/**
 * Makes an issuer of JSON Web Tokens.
 *
 * @throws E_AUTH_KEY_INVALID, E_CORE_DURATION_INVALID
 * @example
 * const tokens = createTokenIssuer({ key: { algorithm: "HS256", secret: config.tokenSecret }, issuer: "parcel" });
 * tokens.issue({ subject: "ada", scopes: ["files:write"], lifetime: "10m" });
 */
export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { key, issuer, audience, clock = systemClock } = options;
  const lifetime = parseDuration(options.lifetime ?? "1h");
  const signPart = createSigner(key);
  const header = encode({ alg: key.algorithm, typ: "JWT", kid: key.kid });
  return {
    issue(request: TokenRequest): string {
      const { subject, roles, scopes } = request;
      const issued = Math.floor(clock.now() / 1_000);
      const seconds = (request.lifetime === undefined ? lifetime : parseDuration(request.lifetime)) / 1_000;
      if (typeof subject !== "string" || subject === "") throw errors.TOKEN_REFUSED({ reason: "its subject is empty" });
      if (scopes?.every(isScope) === false)
        throw errors.TOKEN_REFUSED({ reason: "a scope is empty or has characters that no scope has" });
      if (!(seconds > 0) || !Number.isFinite(issued)) throw errors.TOKEN_REFUSED({ reason: "it would never be valid" });
      const scope = scopes === undefined || scopes.length === 0 ? undefined : scopes.join(" ");
      const payload = encode({ iss: issuer, aud: audience, sub: subject, iat: issued, exp: issued + seconds, roles, scope });
      const token = `${header}.${payload}.${signPart(`${header}.${payload}`)}`;
      if (token.length > LONGEST_TOKEN)
        throw errors.TOKEN_REFUSED({ reason: `it would be longer than ${LONGEST_TOKEN} characters` });
      return token;
    },
  };
}

function createSigner(options: SigningKeyOptions): (text: string) => string {
  if (options.algorithm === "HS256") {
    const key = hmacKey(options.secret);
    return (text) => createHmac("sha256", key).update(text).digest("base64url");
  }
  const key = privateKeyOf(options.algorithm, options.privateKey);
  const hash = options.algorithm === "ES256" ? "sha256" : null;
  return (text) => sign(hash, Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
