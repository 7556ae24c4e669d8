import { createHmac } from "node:crypto";
import { type Call, formatRequest } from "../harness/traffic.ts";
import { HOST, ORIGIN, SECRET } from "./settings.ts";

/** What a request gets back when all is well. */
interface Expected {
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

/** Several users, so several tokens. The variant `echo` is for the bare server, which sends the body back. */
export function createTraffic(port: number, variant: string): readonly Call[] {
  return Array.from({ length: USERS }, (_, index) => {
    const id = `order-${index}`;
    const user = `user-${index}`;
    const headers = {
      host: `${HOST}:${port}`,
      "content-type": "application/json",
      accept: "application/json",
      "user-agent": "plinth-bench",
      origin: ORIGIN,
      authorization: `Bearer ${signToken(user)}`,
    };
    const expected: Expected = { id, sku: "abc", qty: 3, user };
    return {
      bytes: formatRequest(`POST /orders/${id}`, headers, BODY),
      expected: variant === "echo" ? JSON.parse(BODY) : expected,
    };
  });
}
