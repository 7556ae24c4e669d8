import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ServerOptions } from "ws";
import { errors } from "../errors.ts";

// The library's own types stay out of what this package publishes: whoever uses it needs no types of `ws`.

/** One end of a WebSocket, as the library gives it. */
export interface WebSocketEnd {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly isPaused: boolean;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: "ping" | "pong", listener: () => void): unknown;
  on(event: "error", listener: (error: Error & { readonly code?: string }) => void): unknown;
  on(event: "close", listener: (code: number, reason: Buffer) => void): unknown;
  send(data: string | Uint8Array, options: { readonly binary: boolean }): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

/** A handshake that is to be accepted. */
export interface Handshake {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  /** What came behind the request. */
  readonly head: Buffer;
  /** Headers of the answer beside those of the handshake itself. Flat. */
  readonly headers: readonly string[];
}

/**
 * Turns a connection into a WebSocket; `opened` is not called when the client is gone.
 *
 * @throws E_HTTP_HANDSHAKE_INVALID before anything is written
 */
export type WebSocketAcceptor = (handshake: Handshake, opened: (end: WebSocketEnd) => void) => void;

export interface AcceptorOptions {
  /** Bytes of the largest message, unpacked. */
  readonly maxMessage: number;
  /** Subprotocols, the one liked best first. */
  readonly protocols: readonly string[];
  readonly compress: boolean;
}

/** How long the other end may take to answer a close frame, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Pieces of one message: more are an attack on memory (each costs far more than its bytes). */
const MAX_FRAGMENTS = 1_024;

/** Loads the library, at boot and only for programs that have a WebSocket route. */
export async function createAcceptor({ maxMessage, protocols, compress }: AcceptorOptions): Promise<WebSocketAcceptor> {
  const { WebSocketServer } = await import("ws");
  const options: ServerOptions = {
    noServer: true,
    clientTracking: false,
    maxPayload: maxMessage,
    maxFragments: MAX_FRAGMENTS,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
    // Without a window that is kept between messages: it would cost each connection hundreds of kilobytes.
    perMessageDeflate: compress ? { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1_024 } : false,
  };
  // Its types do not know of this one.
  const server = new WebSocketServer({ ...options, closeTimeout: CLOSE_TIMEOUT_MS } as ServerOptions);
  // Thrown through handleUpgrade to whoever called it, so that the refusal is an ordinary answer.
  server.on("wsClientError", (cause) => {
    throw errors.HANDSHAKE_INVALID({ reason: cause.message }, { cause });
  });
  let lines: readonly string[] = [];
  server.on("headers", (headers) => headers.push(...lines));
  return ({ message, socket, head, headers }, opened) => {
    lines = linesOf(headers); // what follows is synchronous
    server.handleUpgrade(message, socket, head, opened);
  };
}

function linesOf(headers: readonly string[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  return lines;
}
