import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import * as z from "zod";
import { SegmentTable } from "#src/core/mod";
import { type Broadcast, type BroadcastOptions, createBroadcast } from "#src/http/live/broadcast";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { createApp, serve } from "../support.ts";
import { type SeenEvent, parseEvents } from "./parse-events.ts";
import { connect } from "./web-socket-client.ts";

async function start(t: TestContext, options: Partial<BroadcastOptions> = {}): Promise<Broadcast<unknown>> {
  const broadcast = createBroadcast({ name: "test", ...options });
  await broadcast.start?.(new AbortController().signal);
  t.after(() => broadcast.stop?.(new AbortController().signal));
  return broadcast;
}

/** The next so many events of a subscription. */
async function read(source: AsyncIterable<{ readonly bytes: Buffer }>, count: number): Promise<SeenEvent[]> {
  let text = "";
  let left = count;
  for await (const { bytes } of source) {
    text += bytes.toString();
    if (--left === 0) break;
  }
  return parseEvents(text);
}

const data = (events: readonly SeenEvent[]): unknown[] => events.map((event) => JSON.parse(event.data));

describe("a broadcast", () => {
  it("tells everybody who listens, in order, and nobody what was before", async (t) => {
    const broadcast = await start(t);
    broadcast.publish("before");
    const listeners = [broadcast.subscribe(), broadcast.subscribe()];
    const seen = listeners.map((listener) => read(listener, 3));
    for (const n of [1, 2, 3]) broadcast.publish({ n }, "count");
    for (const events of await Promise.all(seen)) {
      assert.deepEqual(data(events), [{ n: 1 }, { n: 2 }, { n: 3 }]);
      assert.equal(events[0]?.event, "count");
    }
    assert.equal(broadcast.listeners, 0);
  });

  it("gives a client that comes back what it missed", async (t) => {
    const broadcast = await start(t);
    const ids = [1, 2, 3, 4].map((n) => broadcast.publish(n));
    const missed = read(broadcast.subscribe({ after: ids[1] }), 3);
    broadcast.publish(5);
    const events = await missed;
    assert.deepEqual(data(events), [3, 4, 5]);
    assert.equal(events[0]?.id, ids[2]);
  });

  it("tells a client so when what it missed is gone, or of another life", async (t) => {
    const broadcast = await start(t, { keep: "1kb" });
    const first = broadcast.publish("x".repeat(100));
    for (let count = 0; count < 30; count++) broadcast.publish("y".repeat(100));
    const newest = broadcast.publish("newest");
    for (const after of [first, "otherlife-1", "nonsense", "", `${newest}0`]) {
      const events = read(broadcast.subscribe({ after }), 2);
      const next = broadcast.publish("next");
      const [reset, following] = await events;
      assert.equal(reset?.event, "reset", `after ${after}`);
      assert.equal(following?.id, next);
    }
  });

  it("tells a client so that fell too far behind, and holds nothing for it", async (t) => {
    const broadcast = await start(t, { keep: "1kb" });
    const slow = broadcast.subscribe();
    for (let count = 0; count < 100; count++) broadcast.publish("x".repeat(100));
    const newest = broadcast.publish("newest");
    const reading = read(slow, 2);
    await new Promise((resolve) => setImmediate(resolve));
    const next = broadcast.publish("next");
    assert.deepEqual(
      (await reading).map(({ id, event }) => [id, event]),
      [
        [newest, "reset"],
        [next, "message"],
      ],
    );
  });

  it("is one in all threads that share memory", async (t) => {
    const memory = new SegmentTable();
    const here = await start(t, { memory });
    const there = await start(t, { memory });
    const seen = [here.subscribe(), there.subscribe()].map((listener) => read(listener, 4));
    for (const n of [1, 2]) {
      here.publish(`here ${n}`);
      there.publish(`there ${n}`);
    }
    const [one, other] = await Promise.all(seen);
    assert.deepEqual(data(one ?? []), ["here 1", "there 1", "here 2", "there 2"]);
    assert.deepEqual(other, one);
    const late = await start(t, { memory });
    assert.deepEqual(data(await read(late.subscribe({ after: one?.[1]?.id }), 2)), ["here 2", "there 2"]);
  });

  it("ends its streams when it stops", async (t) => {
    const broadcast = await start(t);
    const listening = read(broadcast.subscribe(), 1);
    await broadcast.stop?.(new AbortController().signal);
    assert.deepEqual(await listening, []);
    assert.throws(() => broadcast.publish(1), { code: "E_HTTP_BROADCAST_STOPPED" });
    assert.throws(() => broadcast.subscribe(), { code: "E_HTTP_BROADCAST_STOPPED" });
  });

  it("publishes what its schema lists, and nothing that does not fit", async (t) => {
    const broadcast = await start(t, { schema: z.object({ id: z.string() }) as never });
    const seen = read(broadcast.subscribe(), 1);
    broadcast.publish({ id: "1", secret: "s" });
    assert.deepEqual(data(await seen), [{ id: "1" }]);
    assert.throws(() => broadcast.publish({ id: 1 }), { code: "E_HTTP_EVENT_INVALID" });
    assert.throws(() => broadcast.publish({ id: "1" }, "a\nb"), { code: "E_HTTP_EVENT_INVALID" });
  });

  it("refuses a name that is none", () => {
    assert.throws(() => createBroadcast({ name: "A b" }), { code: "E_HTTP_BROADCAST_INVALID" });
  });

  it("answers event streams, resumed by Last-Event-ID", async (t) => {
    const broadcast = await start(t);
    const app = await createApp([
      route.get("/", { auth: "public" }, ({ lastEventId }) => reply.events(broadcast.subscribe({ after: lastEventId }))),
    ]);
    const first = broadcast.publish("one");
    broadcast.publish("two");
    const response = await app.fetch("/", { headers: { "last-event-id": first } });
    const body = (response.body as ReadableStream<Uint8Array>).getReader();
    await body.read();
    const { value } = await body.read();
    assert.deepEqual(data(parseEvents(Buffer.from(value as Uint8Array).toString())), ["two"]);
    await body.cancel();
    assert.equal(broadcast.listeners, 0);
  });

  it("reaches WebSockets until they close", async (t) => {
    const broadcast = await start(t);
    const server = await serve(t, [
      route.websocket("/feed", { auth: "public" }, (socket) => {
        broadcast.attach(socket);
        return socket.discard();
      }),
    ]);
    const clients = await Promise.all([1, 2].map(() => connect(t, server, "/feed")));
    while (broadcast.listeners < 2) await new Promise((resolve) => setImmediate(resolve));
    broadcast.publish({ n: 1 });
    for (const client of clients) assert.deepEqual(await client.until(1), ['{"n":1}']);
    clients[0]?.socket.close();
    while (broadcast.listeners > 1) await new Promise((resolve) => setImmediate(resolve));
    broadcast.publish({ n: 2 });
    assert.deepEqual(await clients[1]?.until(2), ['{"n":1}', '{"n":2}']);
  });
});
