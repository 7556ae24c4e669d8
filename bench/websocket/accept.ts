import type { Server } from "node:http";
import { WebSocketServer } from "ws";
import { publishAtRate } from "../harness/fan-out.ts";

/** What whoever puts ws behind a server writes: the text is made once, and sent to everybody. */
export function acceptSockets(server: Server): void {
  const sockets = new WebSocketServer({ server, path: "/feed", perMessageDeflate: false });
  publishAtRate((message) => {
    const text = JSON.stringify(message);
    for (const socket of sockets.clients) socket.send(text);
  });
}
