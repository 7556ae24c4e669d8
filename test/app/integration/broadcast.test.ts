import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { type TestServer, startServer } from "#src/testing/test-server";
import { type SeenEvent, parseEvents } from "../../http/live/parse-events.ts";
import { connectToEachThread, scrape, until } from "./observe.ts";

const FEED = new URL("../../support/apps/feed.ts", import.meta.url);

/** An event stream that is being read. */
class Listener {
  readonly thread: string;
  text = "";
  readonly ended: Promise<void>;

  constructor(response: Response) {
    this.thread = response.headers.get("x-thread") ?? "";
    this.ended = this.#read(response);
  }

  static async open(url: string, after?: string): Promise<Listener> {
    return new Listener(await fetch(`${url}/events`, after === undefined ? {} : { headers: { "last-event-id": after } }));
  }

  async #read(response: Response): Promise<void> {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) this.text += Buffer.from(chunk).toString();
  }

  get events(): SeenEvent[] {
    return parseEvents(this.text);
  }
}

describe("a broadcast over two threads", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ app: FEED, threads: 2 });
  });
  after(() => server.stop());

  test("reaches streams and WebSockets of every thread in one order, resumes on any, and ends them at a stop", async () => {
    const threads = await connectToEachThread(server.url, 2);
    const listeners: Listener[] = [];
    while (new Set(listeners.map(({ thread }) => thread)).size < 2 || listeners.length < 4)
      listeners.push(await Listener.open(server.url));
    const sockets = [1, 2, 3, 4].map(() => new WebSocket(`${server.url.replace("http", "ws")}/socket`));
    const received: string[][] = sockets.map(() => []);
    sockets.forEach((socket, index) => socket.on("message", (data: Buffer) => received[index]?.push(data.toString())));
    await Promise.all(sockets.map((socket) => once(socket, "open")));
    await until(
      "sockets are counted",
      5_000,
      async () => (await scrape(server.adminUrl, "websocket_server_connections", {})) === 4,
    );

    for (let round = 0; round < 20; round++) {
      await Promise.all([...threads.values()].map((connection) => connection.ask("POST", `/publish/${round}`)));
    }
    await until("all have all", 5_000, () =>
      Promise.resolve(listeners.every(({ events }) => events.length === 40) && received.every((texts) => texts.length === 40)),
    );
    const [first] = listeners;
    for (const { events } of listeners) assert.deepEqual(events, first?.events);
    for (const texts of received)
      assert.deepEqual(
        texts,
        first?.events.map(({ data }) => data),
      );
    const publishers = new Set(first?.events.map(({ data }) => (JSON.parse(data) as string).split(" ")[0]));
    assert.deepEqual(publishers, new Set(["http-0", "http-1"]));

    // Whichever thread takes the connection, it has what was missed.
    for (let count = 0; count < 6; count++) {
      const back = await Listener.open(server.url, first?.events[29]?.id);
      await until("the missed have come", 5_000, () => Promise.resolve(back.events.length >= 10));
      assert.deepEqual(back.events, first?.events.slice(30));
      listeners.push(back);
    }

    const closes = sockets.map((socket) => once(socket, "close"));
    for (const connection of threads.values()) connection.close();
    assert.equal(await server.stop(), 0);
    for (const [code] of (await Promise.all(closes)) as [number][]) assert.equal(code, 1001);
    for (const listener of listeners) await listener.ended;
    const lines = server.log.lines.filter((line) => line["route"] === "/socket" && line["status"] === 101);
    assert.equal(lines.length, 4);
  });
});
