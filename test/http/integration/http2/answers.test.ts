import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type ClientHttp2Session, type IncomingHttpHeaders, type OutgoingHttpHeaders, connect } from "node:http2";
import { request as requestHttp1 } from "node:https";
import { type TestContext, describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { reply } from "#src/http/reply";
import { bodyStream, route } from "#src/http/route";
import { watchFinished } from "../../support.ts";
import { ACK, END_HEADERS, END_STREAM, FrameClient, TYPE, frame, request, uint32 } from "../../http2-frames.ts";
import { type SecureServer, serveSecure } from "../../secure-support.ts";

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function open(t: TestContext, server: SecureServer): Promise<ClientHttp2Session> {
  const session = connect(`https://localhost:${server.port}`, {
    ca: server.certificate.cert,
    lookup: (_name, _options, found) => found(null, [{ address: "127.0.0.1", family: 4 }]),
  });
  session.on("error", () => undefined);
  t.after(() => session.destroy());
  await once(session, "connect");
  return session;
}

async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string | Buffer): Promise<Answered> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const head = once(stream, "response") as Promise<[IncomingHttpHeaders]>;
  const [answer] = await head;
  let text = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) text += chunk as string;
  return { status: Number(answer[":status"]), headers: answer, body: text };
}

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

async function askHttp1({ port, certificate }: SecureServer, { body, ...asked }: Asked): Promise<Answered> {
  const sent = requestHttp1({ ...asked, port, host: "127.0.0.1", ca: certificate.cert, agent: false, servername: "localhost" });
  sent.end(body);
  const [message] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of message.setEncoding("utf8")) text += chunk as string;
  return { status: message.statusCode ?? 0, headers: message.headers, body: text };
}

/** What differs between two answers, or between the protocols, as it should. */
const OWN = new Set([":status", "connection", "keep-alive", "date", "x-request-id", "transfer-encoding"]);
const comparable = (headers: IncomingHttpHeaders): object =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.has(name)));

const JSON_TYPE = { "content-type": "application/json" };

describe("answers over HTTP/2", () => {
  it("are those over HTTP/1, header for header", async (t) => {
    const server = await serveSecure(t);
    const session = await open(t, server);
    const cases: readonly (readonly [string, string, Record<string, string>, string?])[] = [
      ["GET", "/x", {}],
      ["HEAD", "/x", {}],
      ["GET", "/big", {}],
      ["GET", "/nowhere", {}],
      ["DELETE", "/x", {}],
      ["OPTIONS", "/x", {}],
      ["POST", "/echo", JSON_TYPE, '{"a":[1,"é"]}'],
      ["POST", "/echo", JSON_TYPE, "{"],
      ["POST", "/echo", { "content-type": "text/plain" }, "x"],
      ["POST", "/echo", { ...JSON_TYPE, "sec-fetch-site": "cross-site" }, "{}"],
      ["POST", "/echo", JSON_TYPE, `"${"x".repeat(1_100_000)}"`],
    ];
    for (const [method, path, headers, body] of cases) {
      const over2 = await ask(session, { ":method": method, ":path": path, ...headers }, body);
      const over1 = await askHttp1(server, { path, method, headers: { host: `localhost:${server.port}`, ...headers }, body });
      const name = `${method} ${path} ${over1.status}`;
      const withoutId = (text: string): string => text.replace(/"requestId":"[^"]+"/, "");
      assert.equal(over2.status, over1.status, name);
      assert.equal(withoutId(over2.body), withoutId(over1.body), name);
      assert.deepEqual(comparable(over2.headers), comparable(over1.headers), name);
    }
  });

  it("wait for a body that the client sends only when it is asked to", async (t) => {
    const server = await serveSecure(t);
    const stream = (await open(t, server)).request({ ":method": "POST", ":path": "/echo", ...JSON_TYPE, expect: "100-continue" });
    await once(stream, "continue");
    stream.end("[1]");
    const [head] = (await once(stream, "response")) as [IncomingHttpHeaders];
    assert.equal(head[":status"], 200);
    stream.destroy();
  });

  it("tell a handler when its client resets the stream, and the connection goes on", async (t) => {
    const server = await serveSecure(t);
    const finished = watchFinished(t, "/wait");
    const session = await open(t, server);
    const stream = session.request({ ":path": "/wait" });
    stream.on("error", () => undefined);
    while (server.waiting.length === 0) await nextTurn();
    stream.close(8);
    assert.equal((await finished.next()).status, 499);
    assert.ok(server.waiting[0]?.aborted);
    assert.equal((await ask(session, { ":path": "/x" })).status, 200);
  });

  it("end with the body when the client leaves in the middle of it", async (t) => {
    const failed = Promise.withResolvers<unknown>();
    const upload = route.post("/upload", { auth: "public", body: bodyStream() }, async ({ body }) => {
      try {
        for await (const _chunk of body);
      } catch (thrown) {
        failed.resolve((thrown as { code?: unknown }).code);
      }
    });
    const server = await serveSecure(t, [upload]);
    for (const path of ["/upload", "/echo"]) {
      const finished = watchFinished(t, path);
      // Node's own client ends a body before it resets its stream.
      const client = await FrameClient.open(server.port);
      client.send(frame(TYPE.headers, END_HEADERS, 1, request(path, [["content-type", "application/json"]], "POST")));
      client.send(frame(TYPE.data, 0, 1, Buffer.from("[")), frame(TYPE.ping, 0, 0, Buffer.alloc(8)));
      await client.find(({ type, flags }) => type === TYPE.ping && flags === ACK);
      client.send(frame(TYPE.reset, 0, 1, uint32(8)));
      assert.equal((await finished.next()).status, 499);
      client.close();
    }
    assert.equal(await failed.promise, "E_HTTP_BODY_INTERRUPTED");
  });

  it("are counted with the bytes that they were sent when the client leaves", async (t) => {
    async function* part(): AsyncGenerator<string> {
      yield "x".repeat(20_000);
      await new Promise(() => {});
    }
    const server = await serveSecure(t, [route.get("/part", { auth: "public" }, () => reply.stream(part()))]);
    const finished = watchFinished(t, "/part");
    const stream = (await open(t, server)).request({ ":path": "/part" });
    stream.on("error", () => undefined);
    let received = 0;
    for await (const chunk of stream) {
      received += (chunk as Buffer).byteLength;
      if (received === 20_000) break;
    }
    stream.close(8);
    const { status, bytesOut } = await finished.next();
    assert.deepEqual([status, bytesOut], [499, 20_000]);
  });

  it("stop at the pace of their client, and close their source when it leaves", async (t) => {
    let made = 0;
    const closed = Promise.withResolvers<void>();
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) {
          made++;
          yield Buffer.alloc(65_536);
        }
      } finally {
        closed.resolve();
      }
    }
    const server = await serveSecure(t, [route.get("/endless", { auth: "public" }, () => reply.stream(endless()))]);
    const stream = (await open(t, server)).request({ ":path": "/endless" });
    await once(stream, "response");
    for (let turn = 0; turn < 200; turn++) await nextTurn();
    assert.ok(made < 20, `${made} chunks were made for a client that reads nothing`);
    stream.close(8);
    await closed.promise;
  });
});

describe("draining HTTP/2", () => {
  it("finishes what it took, names it in GOAWAY so that the rest is sent elsewhere, and ends the connection", async (t) => {
    const gate = Promise.withResolvers<string>();
    const started = Promise.withResolvers<void>();
    const slow = route.get("/slow", { auth: "public" }, () => (started.resolve(), gate.promise));
    const server = await serveSecure(t, [slow]);
    const client = await FrameClient.open(server.port);
    client.send(frame(TYPE.headers, END_HEADERS | END_STREAM, 1, request("/slow")));
    await started.promise;
    const idle = await FrameClient.open(server.port);
    await idle.find(({ type, flags }) => type === TYPE.settings && flags === ACK);
    const drained = server.server.drain(60_000);
    const goaway = await client.find(({ type }) => type === TYPE.goaway);
    assert.deepEqual([goaway?.payload.readUInt32BE(0), goaway?.payload.readUInt32BE(4)], [1, 0]);
    await idle.closed();
    client.send(frame(TYPE.headers, END_HEADERS | END_STREAM, 3, request("/slow")));
    gate.resolve("done");
    assert.equal(await client.status(1), 200);
    await client.closed();
    assert.ok(!client.frames.some(({ type, stream }) => type === TYPE.headers && stream === 3));
    while (server.server.connections > 0) await nextTurn();
    server.clock.advance(100);
    await drained;
  });
});
