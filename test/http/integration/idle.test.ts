import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { connect } from "../live/web-socket-client.ts";
import { serve } from "../support.ts";

const GET = "GET /fast HTTP/1.1\r\nHost: a\r\n\r\n";
const fast = route.get("/fast", { auth: "public" }, () => "fast");

describe("a connection that is kept alive", () => {
  it("ends when nothing but blank lines comes for longer than an idle one has", async (t) => {
    const clock = createFakeClock();
    const server = await serve(t, [fast], {}, { clock });
    const client = await server.open();
    client.send(GET);
    await client.until("fast");
    let ended = false;
    client.socket.once("close", () => (ended = true));
    for (let second = 0; second < 77; second++) {
      if (second === 70) assert.equal(ended, false);
      client.send("\r\n");
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      clock.advance(1_000);
    }
    await client.closed();
  });

  it("goes on for as long as requests come", async (t) => {
    const clock = createFakeClock();
    const server = await serve(t, [fast], {}, { clock });
    const client = await server.open();
    for (let minute = 0; minute < 4; minute++) {
      client.received = "";
      client.send(GET);
      await client.until("fast");
      for (let second = 0; second < 60; second++) clock.advance(1_000);
    }
    assert.equal(server.server.connections, 1);
  });

  it("is never idle while a request is under way, or once it is a WebSocket", async (t) => {
    const clock = createFakeClock();
    const answer = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    const slow = route.get("/slow", { auth: "public", deadline: "0s" }, () => (asked.resolve(), answer.promise));
    const echo = route.websocket("/echo", { auth: "public" }, async (socket) => {
      for await (const message of socket) socket.send(message);
    });
    const server = await serve(t, [slow, echo], {}, { clock });
    const client = await server.open();
    client.send(GET.replace("fast", "slow"));
    await asked.promise;
    const live = await connect(t, server, "/echo");
    for (let second = 0; second < 200; second++) clock.advance(1_000);
    await nextTurn();
    answer.resolve("slow");
    await client.until("slow");
    live.socket.send("still there");
    assert.deepEqual(await live.until(1), ["still there"]);
  });
});
