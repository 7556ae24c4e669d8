import { createHmac } from "node:crypto";
import { HOST, ORIGIN, SECRET } from "./settings.ts";

/** What a request gets back when all is well. */
export interface Expected {
  readonly id: string;
  readonly sku: string;
  readonly qty: number;
  readonly user: string;
}

export const BODY = JSON.stringify({ sku: "abc", qty: 3 });

const USERS = 64;

/** A bearer token; `expiresIn` in seconds from now, negative for one that has expired. */
export function signToken(subject: string, expiresIn = 3_600, secret: string = SECRET): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1_000) + expiresIn;
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: subject, exp })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** The bytes of the load's requests, and what each must be answered with. Several users, so several tokens. */
export function createTraffic(port: number): readonly { readonly bytes: Buffer; readonly expected: Expected }[] {
  return Array.from({ length: USERS }, (_, index) => {
    const id = `order-${index}`;
    const user = `user-${index}`;
    const head = [
      `POST /orders/${id} HTTP/1.1`,
      `host: ${HOST}:${port}`,
      "content-type: application/json",
      "accept: application/json",
      "user-agent: plinth-bench",
      `origin: ${ORIGIN}`,
      `authorization: Bearer ${signToken(user)}`,
      `content-length: ${BODY.length}`,
    ].join("\r\n");
    return { bytes: Buffer.from(`${head}\r\n\r\n${BODY}`), expected: { id, sku: "abc", qty: 3, user } };
  });
}
