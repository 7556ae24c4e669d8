import { type KeyObject, createHmac, createSecretKey, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Secret } from "../core/mod.ts";
import { errors } from "./errors.ts";
import { isWeakSecret } from "./weak-secret.ts";

const MIN_SECRET_BYTES = 32;
const KEY_BYTES = 32;
const MAX_CACHED = 256;
const PURPOSE = /^[a-z][a-z0-9.:/-]{0,63}$/;

/** Lengths that the algorithms of node:crypto take as keys, and none that can be guessed. */
export type KeyBytes = 16 | 24 | 32 | 48 | 64;

/** Keys for every purpose, derived from the root secrets. Never prints them. */
export interface KeyRing {
  /** The 32-byte key that signs for a purpose. */
  signingKey(purpose: string): KeyObject;
  /** The 32-byte keys that may have signed for a purpose, the signing key first. */
  verificationKeys(purpose: string): readonly KeyObject[];
  /** Keys of a length in bytes for a purpose, one for each root secret, in their order. Keys of two lengths have nothing in common. */
  deriveKeys(purpose: string, bytes: KeyBytes): readonly KeyObject[];
  /** HMAC-SHA-256 in base64url: 43 characters. */
  sign(purpose: string, data: string | Uint8Array): string;
  /** Whether any root secret signed these data for this purpose. Takes the one canonical spelling of a signature only. */
  verify(purpose: string, data: string | Uint8Array, signature: string): boolean;
}

/**
 * Opens the key ring. The first root secret signs; all of them verify, so a new one is put in front and the old one is kept as
 * long as what it signed is valid. Each purpose has keys of its own by HKDF-SHA-256 (RFC 5869), so what was signed for one is
 * worth nothing for another. A purpose is a fixed name such as `session`, never data.
 *
 * @param appKeys root secrets of at least 32 bytes
 * @throws E_SECURITY_KEYS_MISSING, E_SECURITY_KEY_SHORT, E_SECURITY_KEY_WEAK; later E_SECURITY_KEY_PURPOSE_INVALID
 * @example
 * const ring = createKeyRing([new Secret("qL8sJc0X…"), new Secret("the one before it…")]);
 * const signature = ring.sign("link", "/l/42");
 * ring.verify("link", "/l/42", signature); // true
 */
export function createKeyRing(appKeys: readonly Secret[]): KeyRing {
  if (appKeys.length === 0) throw errors.KEYS_MISSING();
  const roots = appKeys.map((secret, index) => createRoot(secret, index + 1));
  const cache = new Map<string, readonly KeyObject[]>();

  const deriveKeys = (purpose: string, bytes: KeyBytes): readonly KeyObject[] => {
    const info = `plinth/${purpose}/${bytes}`;
    const cached = cache.get(info);
    if (cached !== undefined) return cached;
    if (!PURPOSE.test(purpose)) throw errors.KEY_PURPOSE_INVALID({ purpose });
    const keys = Object.freeze(roots.map((root) => createSecretKey(Buffer.from(hkdfSync("sha256", root, "", info, bytes)))));
    // Purposes are constants, so this never fills; if someone makes them of data, memory stays bounded.
    if (cache.size < MAX_CACHED) cache.set(info, keys);
    return keys;
  };
  const verificationKeys = (purpose: string): readonly KeyObject[] => deriveKeys(purpose, KEY_BYTES);
  const signingKey = (purpose: string): KeyObject => verificationKeys(purpose)[0] as KeyObject;

  return Object.freeze({
    signingKey,
    verificationKeys,
    deriveKeys,
    sign: (purpose: string, data: string | Uint8Array): string => digest(signingKey(purpose), data).toString("base64url"),
    verify: (purpose: string, data: string | Uint8Array, signature: string): boolean => {
      const given = Buffer.from(signature, "base64url");
      // Decoding skips what it does not know; only the canonical spelling comes back the same.
      if (given.length !== 32 || given.toString("base64url") !== signature) return false;
      return verificationKeys(purpose).some((key) => timingSafeEqual(digest(key, data), given));
    },
  });
}

function createRoot(secret: Secret, position: number): KeyObject {
  const text = secret.reveal();
  const bytes = Buffer.byteLength(text);
  if (bytes < MIN_SECRET_BYTES) throw errors.KEY_SHORT({ position, bytes });
  if (isWeakSecret(text)) throw errors.KEY_WEAK({ position });
  return createSecretKey(text, "utf8");
}

function digest(key: KeyObject, data: string | Uint8Array): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
