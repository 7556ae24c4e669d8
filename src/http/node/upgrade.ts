import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { RequestHandler } from "../handler.ts";
import type { WebSocketAcceptor, WebSocketEnd } from "./web-socket-library.ts";
import type { IncomingRequest } from "../pipeline/incoming.ts";
import { http } from "./builtin-http.ts";
import { NodeTransport } from "./transport.ts";

export interface UpgradeOptions {
  readonly handler: RequestHandler;
  /** Reads a message's head. */
  readonly read: (message: IncomingMessage) => IncomingRequest;
  /** Judges the request as any other and sees to its answer; called once a request. */
  readonly accept: (message: IncomingMessage, head: Buffer) => void;
}

/**
 * Lets a server's connections become WebSockets where a route says so. Every other request that asks for an upgrade is answered as if
 * it had not (RFC 9110, section 7.8).
 */
export function acceptUpgrades(server: Server, { handler, read, accept }: UpgradeOptions): void {
  if (!handler.hasWebSockets) return;
  const takes = (message: IncomingMessage): boolean => handler.takesUpgrade(read(message));
  // Node takes this as an option of createServer and keeps it here; set later, it serves every kind of listener in one line.
  (server as Server & { shouldUpgradeCallback: (message: IncomingMessage) => boolean }).shouldUpgradeCallback = takes;
  server.on("upgrade", (message: IncomingMessage, socket, head: Buffer) => {
    // Node has taken its own listeners off this socket, and an error that nobody listens to ends the process.
    socket.on("error", () => socket.destroy());
    accept(message, head);
  });
}

/** Carries a WebSocket's handshake: an ordinary answer, or the upgrade. */
export class UpgradeTransport extends NodeTransport {
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: Buffer;

  private constructor(message: IncomingMessage, response: ServerResponse, head: Buffer) {
    super(message, response);
    this.#message = message;
    this.#response = response;
    this.#head = head;
  }

  /** The transport, and the response that a refusal is written to. */
  static open(message: IncomingMessage, head: Buffer): { transport: UpgradeTransport; response: ServerResponse } {
    const { socket } = message;
    const response = new http.ServerResponse(message);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    response.on("finish", () => socket.destroySoon());
    return { transport: new UpgradeTransport(message, response, head), response };
  }

  upgrade(acceptor: WebSocketAcceptor, headers: readonly string[], opened: (end: WebSocketEnd) => void): void {
    const message = this.#message;
    const { socket } = message;
    acceptor({ message, socket, head: this.#head, headers }, (end) => {
      this.#response.detachSocket(socket);
      opened(end);
    });
  }
}
