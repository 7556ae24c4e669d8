import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fetchInProcess } from "#src/http/fetch";
import { reply } from "#src/http/reply";
import { bodyStream, route } from "#src/http/route";
import { createApp, gate, watchFinished } from "./support.ts";

describe("a request in process", () => {
  it("looks like one from the network", async () => {
    const app = await createApp([
      route.get("/a", { auth: "public" }, ({ request }) => ({
        url: request.url,
        host: request.headers["host"],
        address: request.address,
        method: request.method,
      })),
    ]);
    assert.deepEqual(await (await app.fetch("/a?b=c#d")).json(), {
      url: "/a?b=c",
      host: "localhost",
      address: "127.0.0.1",
      method: "GET",
    });
    const request = new Request("http://example.com:8080/a", { headers: { host: "other.example" } });
    const answer = await fetchInProcess(app.handler, request, { address: "2001:db8::1" });
    assert.deepEqual(await answer.json(), { url: "/a", host: "other.example", address: "2001:db8::1", method: "GET" });
  });

  it("that is aborted before it starts never runs", async () => {
    const app = await createApp([route.get("/a", { auth: "public" }, () => assert.fail("ran"))]);
    await assert.rejects(app.fetch("/a", { signal: AbortSignal.abort(new Error("no")) }), /no/);
  });

  it("that is aborted while it runs rejects with the reason, and its handler's signal is aborted", async (t) => {
    const finished = watchFinished(t, "/abort");
    const started = gate<AbortSignal>();
    const app = await createApp([
      route.get("/abort", { auth: "public" }, ({ signal }) => (started.open(signal), new Promise(() => {}))),
    ]);
    const controller = new AbortController();
    const answering = app.fetch("/abort", { signal: controller.signal });
    const signal = await started.opened;
    controller.abort(new Error("left"));
    await assert.rejects(answering, /left/);
    assert.equal(signal.aborted, true);
    assert.deepEqual([(await finished.next()).outcome, finished.seen.length], ["aborted", 1]);
  });

  it("whose answer is cancelled half-way closes the source", async (t) => {
    const finished = watchFinished(t, "/cancel");
    const closed = gate();
    const app = await createApp([
      route.get("/cancel", { auth: "public" }, () =>
        reply.stream(
          new ReadableStream<Uint8Array>({
            pull: (controller) => controller.enqueue(new Uint8Array(8)),
            cancel: () => closed.open(),
          }),
        ),
      ),
    ]);
    const reader = ((await app.fetch("/cancel")).body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    await closed.opened;
    const { outcome, bytesOut } = await finished.next();
    assert.deepEqual([outcome, bytesOut], ["aborted", 8]);
  });

  it("that is aborted while its answer streams fails the reader and closes the source", async (t) => {
    const finished = watchFinished(t, "/late");
    const closed = gate();
    const app = await createApp([
      route.get("/late", { auth: "public" }, () =>
        reply.stream(
          new ReadableStream<Uint8Array>({
            start: (controller) => controller.enqueue(new Uint8Array(8)),
            cancel: () => closed.open(),
          }),
        ),
      ),
    ]);
    const controller = new AbortController();
    const reader = ((await app.fetch("/late", { signal: controller.signal })).body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const next = reader.read();
    controller.abort();
    await assert.rejects(next, { name: "AbortError" });
    await closed.opened;
    assert.equal((await finished.next()).outcome, "aborted");
  });

  it("pulls a stream only as fast as it is read", async () => {
    let produced = 0;
    const app = await createApp([
      route.get("/a", { auth: "public" }, () =>
        reply.stream(
          (async function* () {
            while (produced < 100) yield `${produced++}`;
          })(),
        ),
      ),
    ]);
    const reader = ((await app.fetch("/a")).body as ReadableStream<Uint8Array>).getReader();
    for (let count = 0; count < 3; count++) await reader.read();
    assert.ok(produced <= 4, String(produced));
    await reader.cancel();
  });

  it("may send its body as a stream, and get it back as one", async () => {
    const app = await createApp([route.post("/echo", { auth: "public", body: bodyStream() }, ({ body }) => reply.stream(body))]);
    const answer = await app.fetch("/echo", { method: "POST", body: new Blob(["a".repeat(100_000)]).stream(), duplex: "half" });
    assert.equal((await answer.text()).length, 100_000);
  });

  it("has no body with any status that takes none", async () => {
    const app = await createApp(
      [204, 205, 304].map((status) => route.get(`/${status}`, { auth: "public" }, () => reply.text("x", { status }))),
    );
    for (const status of [204, 205, 304]) {
      const answer = await app.fetch(`/${status}`);
      assert.deepEqual([answer.status, await answer.text()], [status, ""]);
    }
  });
});
