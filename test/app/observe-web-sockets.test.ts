import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { observeRequests } from "#src/app/observe";
import {
  type WebSocketClosed,
  createRequestHandler,
  route,
  webSocketClosed,
  webSocketMessage,
  webSocketOpened,
} from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createRegistry, renderMetrics } from "#src/telemetry/mod";

function closedEvent(handler: symbol): WebSocketClosed {
  return {
    handler,
    requestId: "r1",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    method: "GET",
    route: "/feed",
    path: "/feed",
    durationMs: 1_500,
    messagesIn: 1,
    messagesOut: 2,
    bytesIn: 3,
    bytesOut: 4,
    address: "127.0.0.1",
    principal: "ann",
    userAgent: undefined,
    closeCode: 1001,
    outcome: "ok",
    errorCode: undefined,
  };
}

describe("observed WebSockets", () => {
  test("are counted, and logged once with how long they lasted and how they ended", async () => {
    const sink = createMemorySink();
    const registry = createRegistry();
    const log = createLogger({ sink });
    const routes = [route.websocket("/feed", { auth: "public" }, async (socket) => socket.discard())];
    const handler = await createRequestHandler({ routes, log });
    const other = Symbol("another handler");
    const stop = observeRequests(handler, registry, log);
    for (const id of [handler.id, other]) {
      webSocketOpened.publish({ handler: id, route: "/feed" });
      webSocketMessage.publish({ handler: id, route: "/feed", direction: "out" });
      webSocketClosed.publish(closedEvent(id));
    }
    webSocketOpened.publish({ handler: handler.id, route: "/feed" });
    stop();
    webSocketClosed.publish(closedEvent(handler.id));
    const lines = sink.entries();
    assert.equal(lines.length, 1);
    const { status, durationMs, principal, counters } = lines[0] as Record<string, unknown>;
    assert.deepEqual([status, durationMs, principal], [101, 1_500, "ann"]);
    assert.deepEqual(counters, { closeCode: 1001, messagesIn: 1, messagesOut: 2 });
    const text = renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" });
    assert.match(text, /^websocket_server_connections\{http_route="\/feed"\} 1$/m);
    assert.match(text, /^websocket_server_messages_total\{http_route="\/feed",direction="out"\} 1$/m);
  });

  test("cost a program without any no series", async () => {
    const registry = createRegistry();
    const log = createLogger({ sink: createMemorySink() });
    const handler = await createRequestHandler({ routes: [route.get("/", { auth: "public" }, () => 1)], log });
    observeRequests(handler, registry, log)();
    assert.doesNotMatch(renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" }), /websocket/);
  });
});
