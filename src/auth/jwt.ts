import { isUtf8 } from "node:buffer";

export type Algorithm = "HS256" | "EdDSA" | "ES256";

/** The longest token that is looked at, in characters. */
export const LONGEST_TOKEN = 8_192;

/** Why a token is refused. For the operator's eyes: it becomes the `cause` of what the caller sees. */
export class TokenFault extends Error {
  override readonly name: string = "TokenFault";
}

/** A token taken apart. Nothing in it may be believed before the signature is verified. */
export interface ParsedToken {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  /** What the signature is over: `header.payload`. */
  readonly signed: string;
  readonly signature: Buffer;
  /** The claims, still encoded. */
  readonly payload: Buffer;
}

/**
 * Takes a JSON Web Token in compact form apart (RFC 7515, section 7.1), and refuses everything that is not spelled exactly as an
 * issuer spells it.
 *
 * @throws TokenFault
 */
export function parseToken(token: string): ParsedToken {
  const parts = token.split(".", 4);
  if (parts.length !== 3) throw new TokenFault("it does not have three parts");
  const [head, body, tail] = parts as [string, string, string];
  const header = parseObject(decodePart(head));
  const { alg, kid, typ } = header;
  if (typeof alg !== "string") throw new TokenFault("its header names no algorithm");
  if (kid !== undefined && typeof kid !== "string") throw new TokenFault("its `kid` is no text");
  // RFC 7515, section 4.1.11: extensions marked critical must be understood. None is.
  if (header.crit !== undefined) throw new TokenFault("it has critical extensions");
  if (typ !== undefined && !isTokenType(typ)) throw new TokenFault("its `typ` is another kind of token");
  return {
    algorithm: alg,
    keyId: kid,
    signed: token.slice(0, head.length + 1 + body.length),
    signature: decodePart(tail),
    payload: decodePart(body),
  };
}

/** `at+jwt` is an OAuth access token (RFC 9068, section 2.1). */
function isTokenType(typ: unknown): boolean {
  return typeof typ === "string" && /^(?:jwt|at\+jwt)$/i.test(typ);
}

/** Bytes of a part. Decoders skip what they do not know; writing the bytes again and comparing refuses it, padding and stray bits included. */
function decodePart(part: string): Buffer {
  const bytes = Buffer.from(part, "base64url");
  if (part === "" || bytes.toString("base64url") !== part) throw new TokenFault("a part is not strict base64url");
  return bytes;
}

/**
 * A JSON object without a prototype: nothing inherited can pass for a claim.
 *
 * @throws TokenFault
 */
export function parseObject(bytes: Buffer): Readonly<Record<string, unknown>> {
  if (!isUtf8(bytes)) throw new TokenFault("a part is not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (thrown) {
    throw new TokenFault("a part is not JSON", { cause: thrown });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TokenFault("a part is no JSON object");
  return Object.assign(Object.create(null) as Record<string, unknown>, value);
}
