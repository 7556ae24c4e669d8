import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { describe, it } from "node:test";
import { WebSocket } from "ws";
import { createEvents } from "#src/http/live/create-events";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { serveSecure } from "../secure-support.ts";

const echo = route.websocket("/echo", { auth: "public" }, async (socket) => {
  for await (const message of socket) socket.send(message);
});

describe("over HTTPS", () => {
  it("a WebSocket opens, and pages of the plain site of that name are refused", async (t) => {
    const { port } = await serveSecure(t, [echo]);
    const open = (origin: string): WebSocket =>
      new WebSocket(`wss://127.0.0.1:${port}/echo`, { rejectUnauthorized: false, headers: { host: "a", origin } });
    const socket = open("https://a");
    await once(socket, "open");
    const answered = once(socket, "message");
    socket.send("hello");
    assert.equal(String((await answered)[0]), "hello");
    socket.close();
    await once(socket, "close");
    const refused = open("http://a");
    assert.match(String((await once(refused, "error"))[0]), /403/);
  });

  it("HTTP/2 is told that a WebSocket needs HTTP/1.1, in an answer that HTTP/2 can carry", async (t) => {
    const { port } = await serveSecure(t, [echo]);
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    t.after(() => session.destroy());
    const stream = session.request({ ":path": "/echo" });
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    assert.equal(headers[":status"], 426);
    assert.equal(headers["connection"], undefined);
    assert.equal(headers["upgrade"], undefined);
  });

  it("HTTP/2 carries an event stream, and ends it when the server stops", async (t) => {
    const events = createEvents();
    const { port, handler } = await serveSecure(t, [route.get("/events", { auth: "public" }, () => reply.events(events))]);
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    t.after(() => session.destroy());
    const stream = session.request({ ":path": "/events" }).setEncoding("utf8");
    let text = "";
    stream.on("data", (chunk: string) => (text += chunk));
    while (!text.includes("retry")) await once(stream, "data");
    events.send({ data: "one" });
    while (!text.includes("data: one\n\n")) await once(stream, "data");
    const ended = once(stream, "end");
    handler.live.drain();
    await ended;
    assert.equal(events.signal.aborted, true);
  });
});
