import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { createId } from "../../core/mod.ts";
import { type HeaderMap, IncomingRequest } from "../pipeline/incoming.ts";
import { type TrustedProxies, addressOf } from "./proxies.ts";

/** What is the same for every request of a listener. */
export interface Acceptance {
  readonly scheme: "http" | "https";
  /** Null where no proxy is trusted. */
  readonly proxies: TrustedProxies | null;
}

/** Reads a message's head into a request. Its framing has been checked. */
export function acceptRequest(message: IncomingMessage, acceptance: Acceptance): IncomingRequest {
  // perf: Node has built this map for itself already. It has no prototype, and repeated fields that matter were refused with the framing.
  const headers = message.headers as HeaderMap;
  const length = headers["content-length"];
  return createRequest(acceptance, message.socket, {
    method: message.method as string,
    url: message.url as string,
    headers,
    host: headers["host"] ?? "",
    bodyLength: length !== undefined ? Number(length) : headers["transfer-encoding"] === undefined ? 0 : -1,
  });
}

/** A request's head as its protocol spells it. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderMap;
  readonly host: string;
  readonly bodyLength: number;
}

/** A request with its caller: the peer of its connection, or whom a trusted proxy names. */
export function createRequest(acceptance: Acceptance, socket: Socket, head: RequestHead): IncomingRequest {
  const { scheme, proxies } = acceptance;
  const { method, url, headers, bodyLength } = head;
  const address = addressOf(socket);
  if (proxies === null || !proxies.isTrusted(socket)) {
    return new IncomingRequest({ id: createId(), method, url, headers, address, scheme, host: head.host, bodyLength });
  }
  const origin = proxies.originOf(socket, headers);
  return new IncomingRequest({
    id: proxies.idOf(headers) ?? createId(),
    method,
    url,
    headers,
    address: origin?.address ?? address,
    scheme: origin?.scheme ?? scheme,
    host: origin?.host ?? head.host,
    bodyLength,
  });
}
