import { type KeyObject, createHmac, sign } from "node:crypto";
import type { RequestView } from "#src/http/contract";

/** Tokens made by hand, independent of the code under test: anything can be said, and signed. */
export const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export const SECRET: string = "k3y-of-the-tests-".padEnd(40, "x9");
export const NOW: number = Date.UTC(2026, 0, 1);
const seconds = NOW / 1_000;

export const CLAIMS: Readonly<Record<string, unknown>> = Object.freeze({
  iss: "https://login.test",
  aud: "https://api.test",
  sub: "ada",
  iat: seconds,
  exp: seconds + 60,
});

export function signHmac(signed: string, secret: string | Buffer = SECRET, hash = "sha256"): string {
  return createHmac(hash, secret).update(signed).digest("base64url");
}

/** Header and payload as objects, or as the very text to encode. */
export function hmacToken(
  payload: unknown = CLAIMS,
  header: unknown = { alg: "HS256", typ: "JWT" },
  secret: string | Buffer = SECRET,
): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${signHmac(signed, secret)}`;
}

export function pairToken(
  algorithm: "EdDSA" | "ES256",
  privateKey: KeyObject,
  more: { payload?: unknown; header?: object; der?: boolean } = {},
): string {
  const signed = `${encode({ alg: algorithm, ...more.header })}.${encode(more.payload ?? CLAIMS)}`;
  const dsaEncoding = more.der === true ? "der" : "ieee-p1363";
  const signature = sign(algorithm === "ES256" ? "sha256" : null, Buffer.from(signed), { key: privateKey, dsaEncoding });
  return `${signed}.${signature.toString("base64url")}`;
}

export function requestWith(authorization: string | undefined): RequestView {
  const headers = Object.assign(
    Object.create(null) as Record<string, string | undefined>,
    authorization === undefined ? {} : { authorization },
  );
  return {
    id: "0",
    method: "GET",
    url: "/files/1",
    headers,
    address: "192.0.2.1",
    scheme: "http",
    host: "",
    route: "/files/:id",
  };
}
