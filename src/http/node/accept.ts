import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { canonicalAddress, createId } from "../../core/mod.ts";
import { type HeaderMap, IncomingRequest } from "../pipeline/incoming.ts";

const ADDRESS: unique symbol = Symbol("canonical address");
interface KnownSocket extends Socket {
  [ADDRESS]?: string;
}

/** Reads a message's head into a request. Its framing has been checked. */
export function acceptRequest(message: IncomingMessage): IncomingRequest {
  // perf: Node has built this map for itself already. It has no prototype, and repeated fields that matter were refused with the framing.
  const headers = message.headers as HeaderMap;
  const length = headers["content-length"];
  return new IncomingRequest({
    id: createId(),
    method: message.method as string,
    url: message.url as string,
    headers,
    address: addressOf(message.socket),
    bodyLength: length !== undefined ? Number(length) : headers["transfer-encoding"] === undefined ? 0 : -1,
  });
}

/** The peer's address in canonical form, worked out once a connection. */
function addressOf(socket: KnownSocket): string {
  return (socket[ADDRESS] ??= canonicalAddress(socket.remoteAddress ?? "") ?? "");
}
