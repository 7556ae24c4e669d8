import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createEvents } from "#src/http/live/create-events";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { serve, watchFinished } from "../support.ts";

const GET = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

describe("an event stream over a socket", () => {
  it("begins at once, and sends each event as it comes", async (t) => {
    const events = createEvents();
    const server = await serve(t, [route.get("/events", { auth: "public" }, () => reply.events(events))]);
    const client = await server.open();
    client.send(GET);
    await client.until("retry: ");
    events.send({ id: "1", data: "a" });
    await client.until("id: 1\ndata: a\n\n");
    events.send({ data: "b" });
    await client.until("data: b\n\n");
    events.close();
    await client.until("\r\n0\r\n\r\n");
  });

  it("lets go of its source when the client leaves while nothing comes", async (t) => {
    const finished = watchFinished(t, "/events");
    const events = createEvents();
    const server = await serve(t, [route.get("/events", { auth: "public" }, () => reply.events(events))]);
    const client = await server.open();
    client.send(GET);
    await client.until("retry: ");
    client.socket.destroy();
    assert.equal((await finished.next()).outcome, "aborted");
    assert.equal(events.signal.aborted, true);
    assert.equal(server.handler.live.size, 0);
  });

  it("ends whole when the server drains, and cuts nobody", async (t) => {
    const finished = watchFinished(t, "/events");
    const server = await serve(t, [route.get("/events", { auth: "public" }, () => reply.events(createEvents()))]);
    const client = await server.open();
    client.send(GET);
    await client.until("retry: ");
    await server.server.drain(20_000);
    const received = await client.closed();
    assert.equal(received.match(/retry: /g)?.length, 2);
    assert.match(received, /\r\n0\r\n\r\n$/);
    assert.equal((await finished.next()).outcome, "ok");
  });
});
