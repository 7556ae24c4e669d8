import { serve, upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import type { WSContext } from "hono/ws";
import { WebSocketServer } from "ws";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { publishAtRate } from "../harness/fan-out.ts";

const app = new Hono();
const sockets = new Set<WSContext>();
app.get(
  "/feed",
  upgradeWebSocket(() => ({
    onOpen: (_event, socket) => void sockets.add(socket),
    onClose: (_event, socket) => void sockets.delete(socket),
  })),
);
publishAtRate((message) => {
  const text = JSON.stringify(message);
  for (const socket of sockets) socket.send(text);
});
const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
serve({ fetch: app.fetch, websocket: { server: server as never }, port: PORT, hostname: HOST }, announceReady);
