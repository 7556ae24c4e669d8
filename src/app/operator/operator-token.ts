import type { Secret } from "../../core/mod.ts";
import { type KeyRing, createKeyRing } from "../../security/mod.ts";

/** Keys of this purpose sign nothing else, and nothing that other keys sign opens the admin server. */
const PURPOSE = "operator-action";
/** Long enough for clocks that are a little apart, too short for a token that is found in a log or a shell's history. */
const LIFE_MS = 60_000;
const MAX_TOKEN = 1_024;
const MAX_NAME = 128;

/** Who acts, as the audit names them: whoever holds the root secret may say any name. */
export interface Operator {
  readonly id: string;
}

interface Claims {
  /** The operator's name. */
  readonly by: string;
  /** The one action that the token is good for, `PUT /-/log/level`. */
  readonly action: string;
  /** When it ends, in milliseconds since 1970. */
  readonly until: number;
}

export interface OperatorTokenOptions {
  /** The root secret to sign with. */
  readonly appKey: Secret;
  /** The operator's name, for the audit. */
  readonly by: string;
  /** Method and path, `PUT /-/log/level`. */
  readonly action: string;
  /** Wall-clock milliseconds. */
  readonly now: number;
}

/**
 * A bearer token for one action on the admin server, good for a minute. It is signed by a key that is derived from the root secret
 * (HKDF, RFC 5869), so that only who may read `APP_KEY` can act.
 *
 * @throws E_SECURITY_KEY_SHORT, E_SECURITY_KEY_WEAK
 */
export function createOperatorToken({ appKey, by, action, now }: OperatorTokenOptions): string {
  const claims: Claims = { by: by.slice(0, MAX_NAME), action, until: now + LIFE_MS };
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${payload}.${createKeyRing([appKey]).sign(PURPOSE, payload)}`;
}

/** Why a token opens nothing. */
export type TokenFault = "missing" | "unsigned" | "expired" | "other action";

export interface TokenCheck {
  readonly ring: KeyRing;
  readonly action: string;
  readonly now: number;
}

/** Who a token speaks for, or what is wrong with it. Never throws. */
export function readOperatorToken(token: string, { ring, action, now }: TokenCheck): Operator | TokenFault {
  const [payload = "", signature = ""] = token.length > MAX_TOKEN ? [] : token.split(".", 2);
  if (!ring.verify(PURPOSE, payload, signature)) return "unsigned";
  // Signed by us, so it is what was signed; nothing of it was looked at before.
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims;
  if (claims.action !== action) return "other action";
  // One that ends later than any that is made comes from a clock that is wrong.
  if (claims.until < now || claims.until > now + 2 * LIFE_MS) return "expired";
  return { id: claims.by };
}
