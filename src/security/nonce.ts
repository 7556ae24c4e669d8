import { randomFillSync } from "node:crypto";

// 18 bytes are 144 bits, and 24 characters of base64 without padding. CSP asks for at least 128 bits.
const NONCE_BYTES = 18;
const pool = Buffer.alloc(NONCE_BYTES * 256);
let offset = pool.length;

/**
 * A fresh nonce for one answer: 144 random bits in base64, 24 characters (CSP level 3, section 7.1).
 *
 * @example
 * const nonce = createNonce();
 * csp.withNonce(nonce);
 */
// perf: random bytes are drawn for 256 nonces at once; a call of the generator for each costs several times as much.
export function createNonce(): string {
  if (offset === pool.length) {
    randomFillSync(pool);
    offset = 0;
  }
  const nonce = pool.toString("base64", offset, offset + NONCE_BYTES);
  offset += NONCE_BYTES;
  return nonce;
}

/** Whether a text can be a nonce: base64 of 128 bits or more, so that nothing else can be spliced into a policy. */
export function isNonce(text: string): boolean {
  return /^[A-Za-z0-9+/_-]{22,128}={0,2}$/.test(text);
}
