import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRegistry, createWebSocketMetrics, renderMetrics } from "#src/telemetry/mod";

describe("the metrics of WebSockets", () => {
  test("count what is open, what was sent, and how it ended", () => {
    const registry = createRegistry();
    const metrics = createWebSocketMetrics(registry);
    for (let count = 0; count < 3; count++) metrics.opened("/a");
    metrics.closed("/a", 1001);
    metrics.message("/a", "in");
    metrics.message("/a", "out");
    metrics.message("/a", "out");
    const text = renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" });
    assert.match(text, /^websocket_server_connections\{http_route="\/a"\} 2$/m);
    assert.match(text, /^websocket_server_messages_total\{http_route="\/a",direction="in"\} 1$/m);
    assert.match(text, /^websocket_server_messages_total\{http_route="\/a",direction="out"\} 2$/m);
    assert.match(text, /^websocket_server_closes_total\{http_route="\/a",close_code="1001"\} 1$/m);
  });

  test("lesson: CVE-2023-45142: have few series, whatever codes clients close with", () => {
    const registry = createRegistry();
    const metrics = createWebSocketMetrics(registry);
    for (let code = 1000; code < 5000; code++) metrics.closed("/a", code);
    const text = renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" });
    assert.equal(text.match(/^websocket_server_closes_total\{/gm)?.length, 18);
  });
});
