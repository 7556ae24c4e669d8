import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { createEvents } from "#src/http/live/create-events";
import type { ServerEvent } from "#src/http/live/server-event";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { createApp, gate, problemOf } from "../support.ts";
import { parseEvents } from "./parse-events.ts";

async function* list(...events: ServerEvent[]): AsyncGenerator<ServerEvent> {
  yield* events;
}

/** Reads a stream chunk by chunk. */
function reader(response: Response): { next(): Promise<string>; leave(): Promise<void> } {
  const body = (response.body as ReadableStream<Uint8Array>).getReader();
  return {
    next: async () => Buffer.from((await body.read()).value ?? []).toString(),
    leave: () => body.cancel(),
  };
}

describe("an event stream", () => {
  it("is not kept, changed or collected on its way, and says when to come back", async () => {
    const app = await createApp([route.get("/", { auth: "public" }, () => reply.events(list({ data: "a" }), { retry: "10s" }))]);
    const response = await app.fetch("/");
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.equal(response.headers.get("cache-control"), "no-store, no-transform");
    assert.equal(response.headers.get("x-accel-buffering"), "no");
    const text = await response.text();
    const retry = Number(/^retry: (\d+)\n\n/.exec(text)?.[1]);
    assert.ok(retry >= 10_000 && retry <= 15_000, text);
    assert.deepEqual(parseEvents(text), [{ id: "", event: "message", data: "a" }]);
    assert.equal(app.handler.live.size, 0);
  });

  it("sends a comment when nothing has come for a while", async () => {
    const clock = createFakeClock();
    const events = createEvents();
    const app = await createApp([route.get("/", { auth: "public" }, () => reply.events(events, { heartbeat: "15s" }))], {
      clock,
    });
    const stream = reader(await app.fetch("/"));
    await stream.next();
    const quiet = stream.next();
    clock.advance(14_999);
    events.send({ data: "just in time" });
    assert.equal(await quiet, "data: just in time\n\n");
    const silent = stream.next();
    clock.advance(15_000);
    assert.equal(await silent, ":\n\n");
    const again = stream.next();
    clock.advance(15_000);
    assert.equal(await again, ":\n\n");
    await stream.leave();
    assert.equal(app.handler.live.size, 0);
    assert.equal(events.signal.aborted, true);
    assert.equal(events.send({ data: "nobody" }), false);
  });

  it("loses nothing when an event comes between a comment and the next read", async () => {
    const clock = createFakeClock();
    const events = createEvents();
    const app = await createApp([route.get("/", { auth: "public" }, () => reply.events(events))], { clock });
    const stream = reader(await app.fetch("/"));
    await stream.next();
    const silent = stream.next();
    clock.advance(15_000);
    events.send({ data: "1" });
    events.send({ data: "2" });
    assert.equal(await silent, ":\n\n");
    assert.equal(await stream.next(), "data: 1\n\n");
    assert.equal(await stream.next(), "data: 2\n\n");
    await stream.leave();
  });

  it("has no deadline once it has begun", async () => {
    const clock = createFakeClock();
    const events = createEvents();
    const deadline = gate<AbortSignal>();
    const app = await createApp(
      [route.get("/", { auth: "public", deadline: "1s" }, ({ signal }) => (deadline.open(signal), reply.events(events)))],
      { clock },
    );
    const stream = reader(await app.fetch("/"));
    await stream.next();
    clock.advance(60_000);
    assert.equal((await deadline.opened).aborted, false);
    events.send({ data: "late" });
    assert.equal(await stream.next(), "data: late\n\n");
    await stream.leave();
    assert.equal((await deadline.opened).aborted, true);
  });

  it("ends between two events when the server stops, and says when to come back", async () => {
    const closed = gate();
    async function* forever(): AsyncGenerator<ServerEvent> {
      try {
        for (;;) yield { data: "tick" };
      } finally {
        closed.open();
      }
    }
    const quiet = createEvents();
    const app = await createApp([
      route.get("/busy", { auth: "public" }, () => reply.events(forever())),
      route.get("/quiet", { auth: "public" }, () => reply.events(quiet)),
    ]);
    const busy = reader(await app.fetch("/busy"));
    const silent = reader(await app.fetch("/quiet"));
    await busy.next();
    assert.equal(await busy.next(), "data: tick\n\n");
    await silent.next();
    const last = silent.next();
    app.handler.live.drain();
    assert.match(await last, /^retry: \d+\n\n$/);
    assert.equal(await silent.next(), "");
    assert.match(await busy.next(), /^retry: \d+\n\n$/);
    assert.equal(await busy.next(), "");
    await closed.opened;
    assert.equal(app.handler.live.size, 0);
    const late = await app.fetch("/quiet");
    assert.equal(late.status, 503);
    assert.equal((await problemOf(late)).code, "E_HTTP_SHUTTING_DOWN");
  });

  it("is refused when as many are open as may be, and its source is closed", async () => {
    const sources = [createEvents(), createEvents()];
    let next = 0;
    const app = await createApp([route.get("/", { auth: "public" }, () => reply.events(sources[next++] as never))], {
      liveLimit: 1,
    });
    const stream = reader(await app.fetch("/"));
    const refused = await app.fetch("/");
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get("retry-after"), "10");
    assert.equal((await problemOf(refused)).code, "E_HTTP_LIVE_LIMIT");
    assert.equal(sources[1]?.signal.aborted, true);
    assert.equal(sources[0]?.signal.aborted, false);
    await stream.leave();
  });

  it("takes no place for a HEAD request", async () => {
    const events = createEvents();
    const app = await createApp([route.get("/", { auth: "public" }, () => reply.events(events))]);
    const response = await app.fetch("/", { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(app.handler.live.size, 0);
    assert.equal(events.signal.aborted, true);
  });

  it("breaks off, and says why in the log, when an event cannot be sent", async () => {
    const app = await createApp([route.get("/", { auth: "public" }, () => reply.events(list({ data: "a" }, { id: "a\nb" })))]);
    await assert.rejects((await app.fetch("/")).text());
    assert.equal(app.loggedError().code, "E_HTTP_EVENT_INVALID");
    assert.equal(app.handler.live.size, 0);
  });

  it("breaks off also when its source fails between a comment and the next read", async () => {
    const clock = createFakeClock();
    const fail = gate();
    const failing = {
      [Symbol.asyncIterator]: () => ({ next: () => fail.opened.then(() => Promise.reject(new Error("the source failed"))) }),
    };
    const app = await createApp([route.get("/", { auth: "public" }, () => reply.events(failing))], { clock });
    const stream = reader(await app.fetch("/"));
    await stream.next();
    const silent = stream.next();
    clock.advance(15_000);
    fail.open();
    assert.equal(await silent, ":\n\n");
    await assert.rejects(stream.next());
    assert.equal(app.loggedError().message, "the source failed");
    assert.equal(app.handler.live.size, 0);
  });

  it("sends what its schema lists, and breaks off at what does not fit", async () => {
    const Order = z.object({ id: z.string() });
    const app = await createApp([
      route.get("/", { auth: "public" }, () =>
        reply.events(list({ data: { id: "1", secret: "s" } }, { data: { id: 2 } }) as never, { schema: Order }),
      ),
    ]);
    const stream = reader(await app.fetch("/"));
    await stream.next();
    assert.equal(await stream.next(), 'data: {"id":"1"}\n\n');
    await assert.rejects(stream.next());
    assert.equal(app.loggedError().code, "E_HTTP_EVENT_INVALID");
  });

  it("ends for a client that is too slow, which is no error", async () => {
    const events = createEvents({ backlog: "100b" });
    const app = await createApp([route.get("/", { auth: "public" }, () => reply.events(events))]);
    const stream = reader(await app.fetch("/"));
    await stream.next();
    let taken = 0;
    while (events.send({ data: "x".repeat(30) })) taken++;
    assert.ok(taken < 5);
    assert.equal(await stream.next(), "");
    assert.deepEqual(
      app.lines.map(({ level }) => level),
      ["warn"],
    );
    assert.equal(app.loggedError().code, "E_HTTP_CLIENT_SLOW");
  });
});

describe("Last-Event-ID", () => {
  const routes = [route.get("/", { auth: "public" }, ({ lastEventId }) => ({ lastEventId: lastEventId ?? null }))];

  it("is the id that the client has, or nothing", async () => {
    const app = await createApp(routes);
    const read = async (id?: string): Promise<unknown> =>
      (await app.fetch("/", id === undefined ? {} : { headers: { "last-event-id": id } })).json();
    assert.deepEqual(await read("42"), { lastEventId: "42" });
    assert.deepEqual(await read(""), { lastEventId: null });
    assert.deepEqual(await read(), { lastEventId: null });
    assert.deepEqual(await read(Buffer.from("é1").toString("latin1")), { lastEventId: "é1" });
  });

  for (const [what, id] of [
    ["is too long", "x".repeat(257)],
    ["has a control", "a\tb"],
    ["is no UTF-8", "a\xff"],
  ] as const) {
    it(`is refused when it ${what}`, async () => {
      const app = await createApp(routes);
      const response = await app.fetch("/", { headers: { "last-event-id": id } });
      assert.equal(response.status, 400);
      assert.equal((await problemOf(response)).code, "E_HTTP_LAST_EVENT_ID_INVALID");
    });
  }
});
