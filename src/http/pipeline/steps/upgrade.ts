import type { Handler } from "../../contract.ts";
import { ServerSocket } from "../../live/server-socket.ts";
import type { WebSocketSettings } from "../../live/web-socket-settings.ts";
import type { LiveExchange, Step } from "../exchange.ts";

/** What the innermost handler of a WebSocket route returns: its middleware may return an answer instead, and then nothing is upgraded. */
const UPGRADE: unique symbol = Symbol("upgrade");
export const prepareUpgrade: Handler = () => UPGRADE;

/**
 * Turns the connection into a WebSocket.
 *
 * @param answer sends what middleware returned in its place
 */
export function compileUpgrade(settings: WebSocketSettings, answer: Step): Step {
  return (exchange) => {
    if (exchange.result !== UPGRADE) return answer(exchange);
    if (!exchange.settled) upgrade(exchange, settings);
  };
}

/** @throws E_HTTP_LIVE_LIMIT, E_HTTP_SHUTTING_DOWN, E_HTTP_HANDSHAKE_INVALID */
function upgrade(exchange: LiveExchange, settings: WebSocketSettings): void {
  const { live } = exchange.services;
  const socket = new ServerSocket(exchange, settings);
  live.enter(socket);
  try {
    exchange.transport.upgrade?.(settings.acceptor, headersOf(exchange), (end) => socket.open(end));
  } finally {
    // Refused, or the client was gone already.
    if (!socket.hasOpened) live.leave(socket);
  }
}

/** What the handshake's answer says beside the handshake: the request's id, and what limits have to say. */
function headersOf({ id, extraHeaders, rateLimit }: LiveExchange): readonly string[] {
  return ["x-request-id", id, ...extraHeaders, ...(rateLimit === "" ? [] : ["ratelimit", rateLimit])];
}
