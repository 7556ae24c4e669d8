import { KeyObject, createPublicKey, createSecretKey } from "node:crypto";
import { type Secret, isSecret } from "../core/mod.ts";
import { errors } from "./errors.ts";

const KNOWN = "its secret is known from examples: make one with a random generator";
/** RFC 7518, section 3.2: a key for HS256 is at least as long as the hash. */
const SHORTEST = 32;

// Long enough, and in every attacker's list: examples from documentation, and words repeated until they fit.
const EXAMPLES: ReadonlySet<string> = new Set([
  "a secret of 32 bytes or more, please!",
  "a-string-secret-at-least-256-bits-long",
  "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
  "your-256-bit-secret-your-256-bit-secret",
  "your-very-long-secret-key-change-this-in-production",
  "this-is-a-very-long-secret-key-for-jwt",
  "super-secret-jwt-token-with-at-least-32-characters-long",
  "please-change-this-secret-key-in-production",
  "00000000000000000000000000000000",
  "0123456789abcdef0123456789abcdef",
  "12345678901234567890123456789012",
  "abcdefghijklmnopqrstuvwxyz123456",
  "abcdefghijklmnopqrstuvwxyz012345",
]);
const REPEATED_WORD =
  /^(?:(?:change[-_ ]?me|my|your|super|top|jwt|the|very|long|secret|key|password|admin|test|default|qwerty|letmein)[-_ .!]?)+\d*$/i;

/**
 * A secret key for HMAC.
 *
 * @throws E_AUTH_KEY_INVALID for anything shorter than 32 bytes, on the list of known secrets, or that is another kind of key
 */
export function hmacKey(secret: Secret | string | KeyObject): KeyObject {
  if (secret instanceof KeyObject) return checkKeyObject(secret);
  const text: unknown = isSecret(secret) ? secret.reveal() : secret;
  if (typeof text !== "string") throw invalid("its secret is neither a text, a Secret of a text nor a KeyObject");
  if (isKeyPair(text)) throw invalid("its secret is the text of a public or private key, which is no secret for HMAC");
  const length = Buffer.byteLength(text.trim());
  if (length < SHORTEST)
    throw invalid(`its secret has ${length} bytes, and at least ${SHORTEST} are needed: make one with a random generator`);
  if (isKnown(text)) throw invalid(KNOWN);
  return createSecretKey(Buffer.from(text));
}

function checkKeyObject(key: KeyObject): KeyObject {
  if (key.type !== "secret") throw invalid(`a ${key.type} key is no secret for HMAC`);
  if ((key.symmetricKeySize ?? 0) < SHORTEST) throw invalid(`its secret is shorter than ${SHORTEST} bytes`);
  if (isKnown(key.export().toString("latin1"))) throw invalid(KNOWN);
  return key;
}

/** Bytes that nobody filled are known as well. */
function isKnown(text: string): boolean {
  const bare = text.trim();
  return EXAMPLES.has(bare.toLowerCase()) || REPEATED_WORD.test(bare) || bare === "\0".repeat(bare.length);
}

/**
 * Key material of another kind, whatever white space, mark or case surrounds it: a public key that verifies HMAC lets
 * everybody sign (CVE-2023-48223, CVE-2026-34950).
 */
function isKeyPair(text: string): boolean {
  if (/-----\s*BEGIN|ssh-(?:rsa|ed25519)|ecdsa-sha2|"kty"/i.test(text)) return true;
  try {
    // The body of a PEM file, its first and last line left out.
    createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" });
    return true;
  } catch {
    return false; // what no parser takes for a key is a secret
  }
}

function invalid(reason: string): Error {
  return errors.KEY_INVALID({ key: "HS256", reason });
}
