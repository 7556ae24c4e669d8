import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { defineErrors } from "#src/core/mod";
import type { AuthRule } from "#src/http/contract";
import { reply } from "#src/http/reply";
import { bodyStream, route } from "#src/http/route";
import { gate, serve, statusesOf, watchFinished } from "../support.ts";

const auth401 = defineErrors<{ NEEDED: object }>("t", { NEEDED: { status: 401, title: "Needed", message: () => "Sign in." } });
const bearer: AuthRule<string> = {
  scheme: "bearer",
  challenge: "Bearer",
  identify: ({ headers }) => {
    if (headers["authorization"] !== "Bearer good") throw auth401.NEEDED({});
    return "me";
  },
};

const post = (path: string, headers: string, body = ""): string => `POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;
const json = (body: string, headers = ""): string =>
  post("/json", `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}`, body);

const routes = [
  route.get("/", { auth: "public" }, () => "root"),
  route.post("/json", { auth: "public", body: z.object({ a: z.string() }), bodyLimit: "1kb" }, ({ body }) => body.a.length),
  route.post("/guarded", { auth: bearer, body: z.object({ a: z.string() }) }, ({ body }) => body.a.length),
  route.post("/unread", { auth: "public" }, () => "unread"),
  route.post("/first", { auth: "public", body: bodyStream() }, async ({ body }) => {
    for await (const chunk of body) return chunk.byteLength > 0;
    return false;
  }),
  route.post("/stream", { auth: "public", body: bodyStream(), bodyLimit: "1kb" }, async ({ body }) => {
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.byteLength;
    return bytes;
  }),
];

describe("Expect: 100-continue", () => {
  const head = (headers: string): string =>
    post("/guarded", `Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 11\r\n${headers}`);

  it("is granted when the route wants the body, and then the body is read", async (t) => {
    const server = await serve(t, routes);
    const client = await server.open();
    client.send(head("Authorization: Bearer good\r\nConnection: close\r\n"));
    await client.until("HTTP/1.1 100 Continue\r\n\r\n");
    client.send('{"a":"bcd"}');
    assert.match(await client.closed(), /HTTP\/1\.1 200 [\s\S]*\r\n\r\n3$/);
  });

  it("means nothing in HTTP/1.0, which has no interim answers", async (t) => {
    const server = await serve(t, routes);
    const client = await server.open();
    client.send(head("Authorization: Bearer good\r\n").replace("HTTP/1.1", "HTTP/1.0"));
    client.send('{"a":"bcd"}');
    const received = await client.closed();
    assert.deepEqual(statusesOf(received), [200]);
  });

  it("is not granted to who may not call: the answer comes at once, and the connection closes", async (t) => {
    const server = await serve(t, routes);
    const received = await server.exchange(head("Authorization: Bearer bad\r\n"));
    assert.deepEqual(statusesOf(received), [401]);
    assert.match(received, /connection: close/i);
  });

  it("is not granted for a body that is too large or of another type", async (t) => {
    const server = await serve(t, routes);
    const large = post("/json", "Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n");
    const other = post("/json", "Expect: 100-continue\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n");
    assert.deepEqual(statusesOf(await server.exchange(large)), [413]);
    assert.deepEqual(statusesOf(await server.exchange(other)), [415]);
  });

  it("is not granted by a route that reads no body", async (t) => {
    const server = await serve(t, routes);
    assert.deepEqual(statusesOf(await server.exchange(post("/unread", "Expect: 100-continue\r\nContent-Length: 10\r\n"))), [200]);
  });
});

it("an early answer reaches a client that goes on sending a body nobody reads, before the connection closes", async (t) => {
  const finished = watchFinished(t, "/guarded");
  const server = await serve(t, routes);
  const client = await server.open();
  client.socket.pause(); // as one who reads when everything is sent
  client.send(post("/guarded", "Content-Type: application/json\r\nContent-Length: 3000000\r\nAuthorization: Bearer bad\r\n"));
  assert.equal((await finished.next()).status, 401);
  for (let piece = 0; piece < 30 && !client.socket.destroyed; piece++) {
    await new Promise<void>((sent) => client.socket.write(Buffer.alloc(100_000, 0x20), () => sent()));
    await nextTurn(); // the server's
  }
  client.socket.resume();
  assert.deepEqual(statusesOf(await client.closed()), [401]);
});

describe("a body that is too large", () => {
  it("is refused by its length before any of it is read", async (t) => {
    const finished = watchFinished(t, "/json");
    const server = await serve(t, routes);
    const client = await server.open();
    client.send(post("/json", "Content-Type: application/json\r\nContent-Length: 100000000\r\n"));
    await client.until("HTTP/1.1 413 ");
    assert.equal((await finished.next()).bytesIn, 0);
  });

  it("is refused by its bytes, whatever it said of its length (GHSA-92vj-g62v-jqhh)", async (t) => {
    const server = await serve(t, routes);
    for (const path of ["/json", "/stream"]) {
      const chunk = `400\r\n${"a".repeat(1_024)}\r\n`;
      const received = await server.exchange(
        post(path, "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", chunk.repeat(4)),
      );
      assert.deepEqual(statusesOf(received), [413], path);
      assert.match(received, /connection: close/i);
    }
  });

  it("is answered so that the client gets the answer while it still sends", async (t) => {
    const server = await serve(t, routes);
    const client = await server.open();
    client.send(post("/json", "Content-Type: application/json\r\nContent-Length: 50000000\r\n"));
    const piece = Buffer.alloc(1_048_576, "a");
    for (let sent = 0; sent < 20; sent++) client.socket.write(piece);
    const received = await client.closed();
    assert.deepEqual(statusesOf(received), [413]);
    assert.match(received, /E_HTTP_BODY_TOO_LARGE/);
  });
});

describe("a connection", () => {
  it("goes on after a small body that nobody read", async (t) => {
    const server = await serve(t, routes);
    const client = await server.open();
    client.send(post("/unread", "Content-Length: 100\r\n", "a".repeat(100)));
    client.send(json("{}"));
    client.send(post("/first", "Content-Length: 5000\r\n", "a".repeat(5_000)));
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.deepEqual(statusesOf(await client.closed()), [200, 400, 200, 200]);
  });

  it("goes on after a body that was only begun, the rest of which comes later", async (t) => {
    const server = await serve(t, routes);
    const client = await server.open();
    client.send(post("/first", "Content-Length: 100000\r\n", "a"));
    await client.until("true");
    client.send("b".repeat(99_999));
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.deepEqual(statusesOf(await client.closed()), [200, 200]);
  });

  it("ends after a body too long to read away", async (t) => {
    const server = await serve(t, routes);
    const received = await server.exchange(post("/unread", "Content-Length: 10000000\r\n", "a"));
    assert.deepEqual(statusesOf(received), [200]);
    assert.match(received, /connection: close/i);
  });
});

describe("a header that cannot be sent", () => {
  it("is a 500 on the socket, and the server lives", async (t) => {
    const server = await serve(t, [
      route.get("/split", { auth: "public" }, ({ request }) =>
        reply.text("a", { headers: { "x-a": decodeURIComponent(request.url.split("?")[1] ?? "") } }),
      ),
      route.get("/status", { auth: "public" }, () => reply.text("a", { status: 42 })),
    ]);
    const received = await server.exchange(
      "GET /split?b%0d%0aset-cookie:%20c=d HTTP/1.1\r\nHost: a\r\n\r\nGET /status HTTP/1.1\r\nHost: a\r\n\r\nGET /split?ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    assert.deepEqual(statusesOf(received), [500, 500, 200]);
    assert.doesNotMatch(received, /set-cookie/i);
  });
});

describe("a streamed answer", () => {
  it("waits for a slow reader instead of piling up", async (t) => {
    let produced = 0;
    const chunk = Buffer.alloc(65_536, "a");
    const stalled = gate();
    let idle: NodeJS.Immediate | undefined;
    const server = await serve(t, [
      route.get("/down", { auth: "public" }, () =>
        reply.stream(
          (async function* () {
            while (produced < 2_000) {
              produced++;
              clearImmediate(idle);
              idle = undefined;
              yield chunk;
            }
          })(),
          { length: 2_000 * 65_536 },
        ),
      ),
    ]);
    const client = await server.open();
    client.send("GET /down HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await client.until("\r\n\r\n");
    client.socket.pause();
    // The producer has stopped when it made nothing in a thousand turns of the event loop.
    let before = -1;
    let turns = 0;
    const watch = (): void => {
      turns = produced === before ? turns + 1 : 0;
      before = produced;
      if (turns > 1_000) stalled.open();
      else setImmediate(watch);
    };
    watch();
    await stalled.opened;
    assert.ok(produced < 500, `${produced} chunks of 2,000 were made for a client that reads nothing`);
    let bytes = 0;
    client.socket.on("data", (text: string) => (bytes += text.length));
    client.received = "";
    client.socket.resume();
    await client.closed();
    assert.equal(produced, 2_000);
  });

  it("that says another length than it has breaks off before it reaches the next answer", async (t) => {
    const streamOf = (text: string): AsyncGenerator<string> =>
      (async function* () {
        yield text;
      })();
    const server = await serve(t, [
      route.get("/long", { auth: "public" }, () => reply.stream(streamOf("abcdef"), { length: 3 })),
      route.get("/short", { auth: "public" }, () => reply.stream(streamOf("ab"), { length: 3 })),
      route.get("/next", { auth: "public" }, () => "next"),
    ]);
    for (const path of ["/long", "/short"]) {
      const received = await server.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.doesNotMatch(received, /def|next/, path);
      assert.ok(statusesOf(received).length <= 1, received);
    }
    assert.equal(server.lines.length, 2);
  });

  it("that fails half-way is not whole for the client", async (t) => {
    const finished = watchFinished(t, "/fail");
    const server = await serve(t, [
      route.get("/fail", { auth: "public" }, () =>
        reply.stream(
          (async function* () {
            yield "abc";
            throw new Error("disk");
          })(),
        ),
      ),
    ]);
    const received = await server.exchange("GET /fail HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.doesNotMatch(received, /\r\n0\r\n\r\n$/);
    assert.equal((await finished.next()).outcome, "server_error");
    assert.equal(server.loggedError().message, "disk");
  });
});
