import { type KeyObject, createHmac, timingSafeEqual, verify } from "node:crypto";
import type { Secret } from "../core/mod.ts";
import { errors } from "./errors.ts";
import { hmacKey } from "./hmac-secret.ts";
import { type Algorithm, type ParsedToken, TokenFault } from "./jwt.ts";
import { type KeyMaterial, type PairAlgorithm, publicKeyOf } from "./key-pair.ts";

/** A key that tokens may be signed with. The algorithm belongs to the key: what a token claims cannot change it. */
export type VerificationKeyOptions =
  | {
      readonly algorithm: "HS256";
      /** At least 32 bytes. Whoever can verify can also sign. */
      readonly secret: Secret | string | KeyObject;
      /** Only tokens that name this `kid` are verified with the key. Without one, all that name none or an unknown one. */
      readonly kid?: string;
    }
  | {
      readonly algorithm: PairAlgorithm;
      readonly publicKey: KeyMaterial;
      /** As above. */
      readonly kid?: string;
    };

interface VerificationKey {
  readonly algorithm: Algorithm;
  readonly kid: string | undefined;
  verify(signed: string, signature: Buffer): boolean;
}

/** The keys of one rule, fixed at boot. */
export class KeyRing {
  readonly #named: ReadonlyMap<string, VerificationKey>;
  readonly #unnamed: readonly VerificationKey[];

  /** @throws E_AUTH_KEY_INVALID, E_AUTH_RULE_INVALID */
  constructor(keys: readonly VerificationKeyOptions[]) {
    if (keys.length === 0) throw errors.RULE_INVALID({ reason: "it has no keys" });
    const compiled = keys.map(compileKey);
    const named = new Map<string, VerificationKey>();
    for (const key of compiled) {
      if (key.kid === undefined) continue;
      if (named.has(key.kid)) throw errors.RULE_INVALID({ reason: `two keys have the kid "${key.kid}"` });
      named.set(key.kid, key);
    }
    this.#named = named;
    this.#unnamed = compiled.filter((key) => key.kid === undefined);
  }

  /** @throws TokenFault unless one of the keys meant for the token made its signature */
  verify(token: ParsedToken): void {
    const named = token.keyId === undefined ? undefined : this.#named.get(token.keyId);
    const candidates = named === undefined ? this.#unnamed : [named];
    for (const key of candidates) {
      if (key.algorithm === token.algorithm && key.verify(token.signed, token.signature)) return;
    }
    throw new TokenFault(`no key for ${token.algorithm} made its signature`);
  }
}

function compileKey(options: VerificationKeyOptions): VerificationKey {
  const { algorithm, kid } = options;
  switch (algorithm) {
    case "HS256":
      return { algorithm, kid, verify: hmacVerifier(hmacKey(options.secret)) };
    case "EdDSA":
    case "ES256":
      return { algorithm, kid, verify: pairVerifier(algorithm, publicKeyOf(algorithm, options.publicKey)) };
    default:
      throw errors.KEY_INVALID({ key: String(algorithm), reason: "only HS256, EdDSA and ES256 are known" });
  }
}

function hmacVerifier(key: KeyObject): VerificationKey["verify"] {
  return (signed, signature) => {
    const expected = createHmac("sha256", key).update(signed).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  };
}

/** RFC 8037, section 3.1; RFC 7518, section 3.4: r and s side by side, not DER. */
function pairVerifier(algorithm: PairAlgorithm, key: KeyObject): VerificationKey["verify"] {
  const hash = algorithm === "ES256" ? "sha256" : null;
  const input = { key, dsaEncoding: "ieee-p1363" } as const;
  return (signed, signature) => verify(hash, Buffer.from(signed), input, signature);
}
