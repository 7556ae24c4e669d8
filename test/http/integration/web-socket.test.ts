import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import { once } from "node:events";
import * as z from "zod";
import { type WebSocketClosed, webSocketClosed, webSocketMessage, webSocketOpened } from "#src/http/channels";
import type { AuthRule, LimitRule } from "#src/http/contract";
import { errors } from "#src/http/errors";
import { reply } from "#src/http/reply";
import { group, route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { type TestServer, gate, serve, statusesOf, watchFinished } from "../support.ts";
import { closeCodeOf, connect, frame, handshake, openRaw, refusal } from "../live/web-socket-client.ts";

const echo = route.websocket("/echo", { auth: "public" }, async (socket) => {
  for await (const message of socket) socket.send(message);
});

const known: AuthRule<{ id: string }> = {
  scheme: "test",
  challenge: "Test",
  identify({ headers }) {
    if (headers["authorization"] === undefined) throw errors.FORBIDDEN({}, { headers: { "www-authenticate": "Test" } });
    return { id: headers["authorization"] };
  },
};

/** A limit that lets so many pass, and notes whom it was asked about. */
function limitOf(count: number, asked: string[] = [], later = false): LimitRule {
  let taken = 0;
  const decide = () => [{ allowed: ++taken <= count, remaining: 0, resetSeconds: 1, retryAfterSeconds: 1 }];
  return {
    name: "messages",
    stage: "address",
    count,
    windowSeconds: 1,
    engine: {
      open: () => (request) => {
        asked.push(request.id);
        return later ? Promise.resolve().then(decide) : decide();
      },
    },
  };
}

function watchClosed(t: TestContext, path: string): { next(): Promise<WebSocketClosed> } {
  const seen: WebSocketClosed[] = [];
  let wake = (): void => {};
  t.after(
    webSocketClosed.subscribe((event) => {
      if (event.route !== path) return;
      seen.push(event);
      wake();
    }),
  );
  return {
    async next() {
      while (seen.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return seen.shift() as WebSocketClosed;
    },
  };
}

async function stillServes(t: TestContext, server: TestServer): Promise<void> {
  const client = await connect(t, server, "/echo");
  client.socket.send("still here");
  assert.deepEqual(await client.until(1), ["still here"]);
  client.socket.close();
  await client.closed;
}

describe("a WebSocket route", () => {
  it("carries text and bytes both ways", async (t) => {
    const server = await serve(t, [echo]);
    const client = await connect(t, server, "/echo");
    client.socket.send("text");
    client.socket.send(Buffer.from("bytes"));
    assert.deepEqual(await client.until(2), ["text", "bytes"]);
    client.socket.close(3001, "done");
    assert.deepEqual(await client.closed, { code: 3001, reason: "done" });
  });

  it("knows the request, and validates messages both ways", async (t) => {
    const chat = route.websocket(
      "/rooms/:room",
      {
        auth: known,
        query: z.object({ v: z.coerce.number() }),
        message: z.object({ say: z.string() }),
        send: z.object({ text: z.string() }),
      },
      async (socket, { params, query, principal }) => {
        for await (const { say } of socket) {
          const message = { text: `${params.room} ${query.v} ${principal.id}: ${say}`, secret: "never leaves" };
          socket.send(message);
        }
      },
    );
    const server = await serve(t, [chat]);
    const client = await connect(t, server, "/rooms/blue?v=2", { headers: { authorization: "ann" } });
    client.socket.send('{"say":"hello"}');
    assert.deepEqual(await client.until(1), ['{"text":"blue 2 ann: hello"}']);
  });

  it("closes with 1000 when its handler returns", async (t) => {
    const server = await serve(t, [
      route.websocket("/once", { auth: "public" }, (socket) => {
        socket.send("all there is");
      }),
    ]);
    const client = await connect(t, server, "/once");
    assert.equal((await client.closed).code, 1000);
    assert.deepEqual(client.received, ["all there is"]);
  });

  it("closes with 1011 when its handler throws, and only the log knows why", async (t) => {
    const server = await serve(t, [
      route.websocket("/broken", { auth: "public" }, async (socket) => {
        for await (const message of socket) throw new Error(`secret: ${String(message)}`);
      }),
      route.websocket("/at-once", { auth: "public" }, () => {
        throw new Error("secret");
      }),
      echo,
    ]);
    for (const path of ["/broken", "/at-once"]) {
      const client = await connect(t, server, path);
      client.socket.send("x");
      const { code, reason } = await client.closed;
      assert.equal(code, 1011);
      assert.match(reason, /^[0-9a-f-]{36}$/);
    }
    assert.deepEqual(
      server.lines.map(({ level, message }) => `${level} ${message}`),
      ["error a WebSocket's handler failed", "error a WebSocket's handler failed"],
    );
    await stillServes(t, server);
  });

  it("ends its loop, its signal and its announcements when the client leaves", async (t) => {
    const ended = gate<AbortSignal>();
    const opened: string[] = [];
    t.after(webSocketOpened.subscribe(({ route: path }) => opened.push(path)));
    const closed = watchClosed(t, "/watch");
    const finished = watchFinished(t, "/watch");
    let messages = 0;
    t.after(webSocketMessage.subscribe(({ route: path }) => (messages += path === "/watch" ? 1 : 0)));
    const server = await serve(t, [
      route.websocket("/watch", { auth: known }, async (socket, { signal }) => {
        for await (const message of socket) socket.send(message);
        ended.open(signal);
      }),
    ]);
    const client = await connect(t, server, "/watch", { headers: { authorization: "ann", "user-agent": "tester" } });
    assert.equal((await finished.next()).status, 101);
    client.socket.send("abc");
    await client.until(1);
    client.socket.close(4001);
    assert.equal((await ended.opened).aborted, true);
    const event = await closed.next();
    assert.deepEqual(
      [event.closeCode, event.messagesIn, event.messagesOut, event.bytesIn, event.bytesOut, event.principal, event.userAgent],
      [4001, 1, 1, 3, 3, "ann", "tester"],
    );
    assert.equal(event.outcome, "ok");
    assert.deepEqual(opened, ["/watch"]);
    assert.equal(messages, 2);
    assert.equal(finished.seen.length, 1);
    assert.equal(server.handler.live.size, 0);
  });

  it("says when a client went without a word", async (t) => {
    const closed = watchClosed(t, "/echo");
    const server = await serve(t, [echo]);
    const client = await connect(t, server, "/echo");
    client.socket.terminate();
    const { closeCode, outcome } = await closed.next();
    assert.deepEqual([closeCode, outcome], [1006, "aborted"]);
  });

  it("agrees on the subprotocol that it likes best", async (t) => {
    const server = await serve(t, [
      route.websocket("/spoken", { auth: "public", protocols: ["v2", "v1"] }, (socket) => {
        socket.send(socket.protocol);
      }),
    ]);
    const both = await connect(t, server, "/spoken", { subprotocols: ["v1", "v2"] });
    assert.deepEqual(await both.until(1), ["v2"]);
    const none = await connect(t, server, "/spoken");
    assert.deepEqual(await none.until(1), [""]);
  });

  it("packs messages only where that is asked for", async (t) => {
    const server = await serve(t, [
      echo,
      route.websocket("/packed", { auth: "public", compress: true, maxMessage: "64kb" }, async (socket) => {
        for await (const message of socket) socket.send(message);
      }),
    ]);
    const plain = await connect(t, server, "/echo", { perMessageDeflate: true });
    assert.equal(plain.socket.extensions, "");
    const packed = await connect(t, server, "/packed", { perMessageDeflate: true });
    assert.match(packed.socket.extensions, /^permessage-deflate/);
    packed.socket.send("x".repeat(10_000));
    assert.equal((await packed.until(1))[0]?.length, 10_000);
    // lesson: CVE-2026-1526: a small packed message that unpacks to much is a large one.
    packed.socket.send("x".repeat(10_000_000));
    assert.equal((await packed.closed).code, 1009);
  });
});

describe("a WebSocket's handshake", () => {
  it("is answered with the request's id and what limits say", async (t) => {
    const server = await serve(t, [
      route.websocket("/limited", { auth: "public", limit: limitOf(5) }, async (socket) => socket.discard()),
    ]);
    const client = await server.open();
    client.send(handshake("/limited"));
    const head = await client.until("\r\n\r\n");
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.match(head, /\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
    assert.match(head, /\r\nx-request-id: [0-9a-f-]{36}\r\n/);
    assert.match(head, /\r\nratelimit: "messages";r=0;t=1\r\n/);
  });

  it("is refused by every policy of a route with an ordinary answer", async (t) => {
    const server = await serve(t, [
      route.websocket("/known", { auth: known }, async (socket) => socket.discard()),
      route.websocket("/limited", { auth: "public", limit: limitOf(0) }, async (socket) => socket.discard()),
      route.websocket("/typed/:id", { auth: "public", params: z.object({ id: z.uuid() }) }, async (socket) => socket.discard()),
      ...group({ use: () => () => reply.json(403, { why: "closed" }) }, [echo]),
    ]);
    assert.equal((await refusal(server, "/known")).code, "E_HTTP_FORBIDDEN");
    assert.equal((await refusal(server, "/limited")).status, 429);
    assert.equal((await refusal(server, "/typed/7")).code, "E_HTTP_REQUEST_INVALID");
    const { status, text } = await refusal(server, "/echo");
    assert.equal(status, 403);
    assert.match(text, /\{"why":"closed"\}$/);
    assert.match(text, /\r\nx-content-type-options: nosniff\r\n/);
    assert.match(text, /\r\nconnection: close\r\n/i);
    assert.equal(server.handler.live.size, 0);
  });

  it("is asked for where a request is none", async (t) => {
    const server = await serve(t, [echo]);
    const plain = await fetch(`${server.origin}/echo`);
    assert.equal(plain.status, 426);
    assert.equal(plain.headers.get("upgrade"), "websocket");
    assert.equal(((await plain.json()) as { code: string }).code, "E_HTTP_UPGRADE_REQUIRED");
    const old = await refusal(server, "/echo", { "Sec-WebSocket-Version": "8" });
    assert.equal(old.status, 426);
    assert.match(old.text, /\r\nsec-websocket-version: 13\r\n/i);
    assert.equal((await server.fetch("/echo")).status, 426);
  });

  for (const [what, headers] of [
    ["no key", { "Sec-WebSocket-Key": undefined }],
    ["a key that is none", { "Sec-WebSocket-Key": "abc" }],
    ["subprotocols that are none", { "Sec-WebSocket-Protocol": "a, ,b" }],
    ["the same subprotocol twice", { "Sec-WebSocket-Protocol": "a, a" }],
  ] as const) {
    it(`is refused with ${what}`, async (t) => {
      const server = await serve(t, [echo]);
      const { status, code } = await refusal(server, "/echo", headers);
      assert.deepEqual([status, code], [400, "E_HTTP_HANDSHAKE_INVALID"]);
      assert.equal(server.handler.live.size, 0);
      await stillServes(t, server);
    });
  }

  const listed = route.websocket("/listed", { auth: "public", origins: ["https://App.example"] }, async (socket) =>
    socket.discard(),
  );
  const anyone = route.websocket("/anyone", { auth: "public", origins: "*" }, async (socket) => socket.discard());
  for (const [path, headers, status] of [
    ["/echo", {}, 101],
    ["/echo", { Origin: "http://a" }, 101],
    ["/echo", { Origin: "http://evil.example" }, 403],
    ["/echo", { Origin: "http://a.evil.example" }, 403],
    ["/echo", { Origin: "null" }, 403],
    ["/echo", { Origin: "" }, 403],
    ["/echo", { Origin: "http://a:81" }, 403],
    ["/echo", { "Sec-Fetch-Site": "cross-site", Origin: "http://a" }, 403],
    ["/echo", { "Sec-Fetch-Site": "same-site", Origin: "http://b" }, 403],
    ["/echo", { "Sec-Fetch-Site": "same-origin", Origin: "http://a" }, 101],
    ["/listed", { Origin: "https://app.example" }, 101],
    ["/listed", { Origin: "https://app.example", "Sec-Fetch-Site": "cross-site", Cookie: "a=b" }, 101],
    ["/listed", { Origin: "http://app.example" }, 403],
    ["/anyone", { Origin: "https://evil.example" }, 101],
    ["/anyone", { Origin: "https://evil.example", Cookie: "session=1" }, 403],
  ] as const) {
    it(`lesson: CVE-2025-24010: ${JSON.stringify(headers)} at ${path} is answered ${status}`, async (t) => {
      const server = await serve(t, [echo, listed, anyone]);
      const client = await server.open();
      client.send(handshake(path, headers));
      assert.deepEqual(statusesOf(await client.until("\r\n\r\n")), [status]);
    });
  }

  it("has a deadline, and the connection behind it none", async (t) => {
    const clock = createFakeClock();
    const asked = gate();
    const patient: AuthRule<object> = { scheme: "t", challenge: "T", identify: () => (asked.open(), new Promise(() => {})) };
    const deadlines: number[] = [];
    const server = await serve(
      t,
      [
        route.websocket("/patient", { auth: patient, deadline: "1s" }, async (socket) => socket.discard()),
        route.websocket("/quick", { auth: "public", deadline: "1s", heartbeat: "0s" }, async (socket, c) => {
          for await (const _ of socket) {
            deadlines.push((c as unknown as { deadline: number }).deadline);
            socket.send("still");
          }
        }),
      ],
      { clock },
    );
    const late = refusal(server, "/patient");
    await asked.opened;
    clock.advance(1_000);
    assert.equal((await late).code, "E_HTTP_DEADLINE_EXCEEDED");
    const client = await connect(t, server, "/quick");
    clock.advance(60_000);
    client.socket.send("x");
    await client.until(1);
    assert.deepEqual(deadlines, [Infinity]);
  });

  it("is left alone by a request for another upgrade, or for one elsewhere", async (t) => {
    const server = await serve(t, [echo, route.get("/page", { auth: "public" }, () => "page")]);
    const settings = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    for (const [request, status] of [
      [`GET /page HTTP/1.1\r\nHost: a\r\n${settings}\r\n`, 200],
      [`GET /echo HTTP/1.1\r\nHost: a\r\n${settings}\r\n`, 426],
      [handshake("/page"), 200],
      [handshake("/nowhere"), 404],
    ] as const) {
      // Node forgets what comes behind such a request, so nothing may be taken to follow it.
      const received = await server.exchange(`${request}GET /page HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.deepEqual(statusesOf(received), [status]);
      assert.match(received, /\r\nconnection: (upgrade, )?close\r\n/i);
    }
  });

  it("behind a request that is not answered yet ends the connection", async (t) => {
    const server = await serve(t, [echo, route.get("/slow", { auth: "public" }, () => new Promise(() => {}))]);
    const received = await server.exchange(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${handshake("/echo")}`);
    assert.deepEqual(statusesOf(received), []);
    await stillServes(t, server);
  });

  it("whose framing is at fault is refused like any other request", async (t) => {
    const server = await serve(t, [echo]);
    const { status } = await refusal(server, "/echo", { "Content-Length": "5" });
    assert.equal(status, 400);
    assert.equal((await refusal(server, "/echo#x")).status, 400);
  });

  it("takes frames that come in the same packet", async (t) => {
    const server = await serve(t, [echo]);
    const client = await server.open();
    client.send(Buffer.concat([Buffer.from(handshake("/echo")), frame({ opcode: 1, payload: "early" })]));
    await client.until("early");
  });
});

describe("a WebSocket's messages", () => {
  const typed = route.websocket(
    "/typed",
    { auth: "public", message: z.object({ n: z.number() }), maxMessage: "1kb" },
    async (socket) => {
      for await (const { n } of socket) socket.send(String(n + 1));
    },
  );
  for (const [what, message, code] of [
    ["no JSON", "{", 1007],
    ["another shape", '{"n":"1"}', 1007],
    ["bytes where text is due", Buffer.from('{"n":1}'), 1007],
    ["a key that poisons prototypes", '{"n":1,"__proto__":{}}', 1007],
    ["deep nesting", "[".repeat(500), 1007],
    ["too large", `{"n":${"1".repeat(1_024)}}`, 1009],
  ] as const) {
    it(`end the connection with ${code}: ${what}`, async (t) => {
      const closed = watchClosed(t, "/typed");
      const server = await serve(t, [typed, echo]);
      const client = await connect(t, server, "/typed");
      client.socket.send('{"n":1}');
      await client.until(1);
      client.socket.send(message);
      assert.equal((await client.closed).code, code);
      const { closeCode, outcome } = await closed.next();
      assert.deepEqual([closeCode, outcome], [code, "client_error"]);
      assert.deepEqual(server.lines, []);
      await stillServes(t, server);
    });
  }

  it("keep their order, whatever their schema waits for", async (t) => {
    const slow = z.object({ n: z.number() }).refine(async ({ n }) => {
      await new Promise((resolve) => setImmediate(n % 3 === 0 ? () => setImmediate(resolve) : resolve));
      return true;
    });
    const server = await serve(t, [
      route.websocket("/slow", { auth: "public", message: slow, messageLimit: limitOf(1_000, [], true) }, async (socket) => {
        for await (const { n } of socket) socket.send(String(n));
      }),
    ]);
    const client = await connect(t, server, "/slow");
    const numbers = Array.from({ length: 200 }, (_, n) => String(n));
    for (const n of numbers) client.socket.send(`{"n":${n}}`);
    assert.deepEqual(await client.until(200), numbers);
  });

  for (const later of [false, true]) {
    it(`beyond their limit end the connection with 1008${later ? ", when the limit takes its time" : ""}`, async (t) => {
      const asked: string[] = [];
      const read: unknown[] = [];
      const server = await serve(t, [
        route.websocket("/limited", { auth: "public", messageLimit: limitOf(2, asked, later) }, async (socket) => {
          for await (const message of socket) read.push(message);
        }),
      ]);
      const client = await connect(t, server, "/limited");
      for (const text of ["1", "2", "3", "4"]) client.socket.send(text);
      assert.equal((await client.closed).code, 1008);
      assert.deepEqual(read, ["1", "2"]);
      assert.equal(new Set(asked).size, 1);
    });
  }

  it("that cannot be sent fail where they are sent", async (t) => {
    const thrown = gate<unknown>();
    const server = await serve(t, [
      route.websocket("/typed", { auth: "public", send: z.object({ n: z.number() }) }, (socket) => {
        try {
          socket.send({ n: "1" } as never);
        } catch (error) {
          thrown.open(error);
          throw error;
        }
      }),
    ]);
    const client = await connect(t, server, "/typed");
    assert.equal((await client.closed).code, 1011);
    assert.equal(((await thrown.opened) as { code: string }).code, "E_HTTP_MESSAGE_UNSENDABLE");
  });

  it("wait in the network for a handler that is slow to read", async (t) => {
    const go = gate();
    let read = 0;
    const server = await serve(t, [
      route.websocket("/slow", { auth: "public", maxMessage: "10kb" }, async (socket) => {
        await go.opened;
        for await (const _ of socket) if (++read === 2_000) socket.send("all");
      }),
      echo,
    ]);
    const client = await connect(t, server, "/slow");
    const text = "x".repeat(10_000);
    for (let sent = 0; sent < 2_000; sent++) client.socket.send(text);
    // Others are served as often as it would take to read it all.
    for (let round = 0; round < 20; round++) await stillServes(t, server);
    // Of 20 MB the server has taken what its inbox and the network hold, and no more.
    assert.ok(client.socket.bufferedAmount > 5_000_000, `${client.socket.bufferedAmount} bytes wait`);
    go.open();
    assert.deepEqual(await client.until(1), ["all"]);
    assert.equal(read, 2_000);
  });
});

describe("a WebSocket's client", () => {
  it("that reads too slowly is disconnected with 1013", async (t) => {
    const closed = watchClosed(t, "/flood");
    const sent = gate<number>();
    const server = await serve(t, [
      route.websocket("/flood", { auth: "public", backlog: "64kb" }, (socket) => {
        let count = 0;
        while (count < 100_000 && socket.send("x".repeat(10_000))) count++;
        sent.open(count);
        return socket.discard();
      }),
    ]);
    const client = await openRaw(server, "/flood");
    client.socket.pause();
    const count = await sent.opened;
    assert.ok(count < 1_000, `${count} messages were taken`);
    client.socket.destroy();
    const { closeCode, errorCode } = await closed.next();
    assert.deepEqual([closeCode, errorCode], [1013, "E_HTTP_CLIENT_SLOW"]);
  });

  it("that reads too slowly misses messages where the route says so", async (t) => {
    const sent = gate<number>();
    const server = await serve(t, [
      route.websocket("/flood", { auth: "public", backlog: "64kb", whenFull: "drop" }, (socket) => {
        let count = 0;
        for (let tried = 0; tried < 1_000; tried++) if (socket.send("x".repeat(10_000))) count++;
        assert.equal(socket.isOpen, true);
        assert.ok(socket.bufferedBytes <= 80_000);
        sent.open(count);
        return socket.discard();
      }),
    ]);
    const client = await connect(t, server, "/flood");
    const count = await sent.opened;
    assert.ok(count < 1_000);
    assert.equal((await client.until(count)).length, count);
  });

  it("that gives no sign of life is cut off, and one that does is not", async (t) => {
    const clock = createFakeClock();
    const closed = watchClosed(t, "/echo");
    const server = await serve(t, [echo], { clock });
    const silent = await openRaw(server, "/echo");
    const lively = await connect(t, server, "/echo");
    const pinged = once(lively.socket, "ping");
    clock.advance(30_000);
    await pinged;
    await silent.until("\x89\x00");
    // What comes back is a message in the same order as the pong before it: then the pong has been seen.
    lively.socket.send("pong came before");
    await lively.until(1);
    clock.advance(30_000);
    await silent.closed();
    const { closeCode, outcome, errorCode } = await closed.next();
    assert.deepEqual([closeCode, outcome, errorCode], [1006, "timeout", "E_HTTP_PEER_SILENT"]);
    assert.equal(lively.socket.readyState, 1);
  });
});

describe("a server's WebSockets", () => {
  it("are bounded in number", async (t) => {
    const server = await serve(t, [echo], { liveLimit: 2 });
    const first = await connect(t, server, "/echo");
    await connect(t, server, "/echo");
    const { status, code } = await refusal(server, "/echo");
    assert.deepEqual([status, code], [503, "E_HTTP_LIVE_LIMIT"]);
    first.socket.close();
    await first.closed;
    while (server.handler.live.size > 1) await new Promise((resolve) => setImmediate(resolve));
    await connect(t, server, "/echo");
  });

  it("are told to go elsewhere when it drains, and those that do not hear are cut", async (t) => {
    const server = await serve(t, [echo]);
    const clients = await Promise.all([1, 2, 3].map(() => connect(t, server, "/echo")));
    const deaf = await openRaw(server, "/echo");
    const drained = server.server.drain(300);
    for (const client of clients) assert.equal((await client.closed).code, 1001);
    assert.equal(closeCodeOf(await deaf.closed()), 1001);
    await drained;
    while (server.server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(server.handler.live.size, 0);
  });
});
