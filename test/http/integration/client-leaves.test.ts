import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { type TestContext, describe, it } from "node:test";
import { z } from "zod";
import { reply } from "#src/http/reply";
import { bodyStream, route } from "#src/http/route";
import { type RawClient, type TestServer, gate, serve, watchFinished } from "../support.ts";

/** Collects what would end the process. */
function watchProcess(t: TestContext): readonly unknown[] {
  const seen: unknown[] = [];
  const note = (thrown: unknown): void => void seen.push(thrown);
  process.on("unhandledRejection", note);
  process.on("uncaughtExceptionMonitor", note);
  t.after(() => {
    process.off("unhandledRejection", note);
    process.off("uncaughtExceptionMonitor", note);
  });
  return seen;
}

const HOST = "Host: a\r\n";
const JSON_HEAD = `POST /json HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n`;

/** Sends bytes, and leaves rudely once the server has them. */
async function sendAndLeave(server: TestServer, bytes: string, until?: Promise<unknown>): Promise<RawClient> {
  const client = await server.open();
  client.send(bytes);
  await until;
  client.socket.resetAndDestroy();
  return client;
}

describe("a client that leaves", () => {
  it("in the middle of its upload aborts the signal and fails the body, and is announced once", async (t) => {
    const seen = watchProcess(t);
    const finished = watchFinished(t, "/up");
    const first = gate();
    const failed = gate<{ readonly code: string; readonly again: string; readonly aborted: boolean }>();
    const server = await serve(t, [
      route.post("/up", { auth: "public", body: bodyStream() }, async ({ body, signal }) => {
        const read = async (): Promise<string> => {
          try {
            for await (const chunk of body) if (chunk.byteLength > 0) first.open();
            return "whole";
          } catch (thrown) {
            return (thrown as { code: string }).code;
          }
        };
        const code = await read();
        failed.open({ code, again: await read(), aborted: signal.aborted });
        throw new Error("cut short");
      }),
    ]);
    await sendAndLeave(server, `POST /up HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\nabc`, first.opened);
    const end = await finished.next();
    assert.deepEqual([end.status, end.outcome, end.bytesIn], [499, "aborted", 3]);
    assert.deepEqual(await failed.opened, { code: "E_HTTP_BODY_INTERRUPTED", again: "E_HTTP_BODY_INTERRUPTED", aborted: true });
    assert.equal(finished.seen.length, 1);
    assert.deepEqual(seen, []);
  });

  it("while its JSON is read is announced once, and nothing is logged", async (t) => {
    const seen = watchProcess(t);
    const finished = watchFinished(t, "/json");
    const reading = gate();
    const auth = { scheme: "t", challenge: "T", identify: () => (setImmediate(reading.open), "me") };
    const server = await serve(t, [route.post("/json", { auth, body: z.object({}) }, () => assert.fail("ran"))]);
    await sendAndLeave(server, `${JSON_HEAD}{"a":`, reading.opened);
    const end = await finished.next();
    assert.deepEqual([end.status, end.outcome], [499, "aborted"]);
    await server.exchange(`GET /nowhere HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`); // by now what was to be logged is
    assert.deepEqual([finished.seen.length, seen, server.lines], [1, [], []]);
  });

  it("by closing its own side before its body is whole still gets an answer", async (t) => {
    const seen = watchProcess(t);
    const finished = watchFinished(t, "/json");
    const server = await serve(t, [route.post("/json", { auth: "public", body: z.object({}) }, () => assert.fail("ran"))]);
    for (const bytes of ["{", '{"a":', ""]) {
      const client = await server.open();
      client.send(JSON_HEAD + bytes);
      client.socket.end();
      assert.match(await client.closed(), /^HTTP\/1\.1 400 [\s\S]*connection: close/i);
      assert.equal((await finished.next()).outcome, "client_error");
    }
    assert.deepEqual([finished.seen.length, seen, server.lines], [3, [], []]);
  });

  it("while the handler works aborts the signal, and the late answer is dropped", async (t) => {
    const seen = watchProcess(t);
    const finished = watchFinished(t, "/slow");
    const started = gate<AbortSignal>();
    const result = gate<unknown>();
    const closed = gate();
    const server = await serve(t, [
      route.get("/slow", { auth: "public" }, ({ signal }) => (started.open(signal), result.opened)),
    ]);
    await sendAndLeave(server, `GET /slow HTTP/1.1\r\n${HOST}\r\n`, started.opened);
    const end = await finished.next();
    assert.equal(end.outcome, "aborted");
    assert.equal((await started.opened).aborted, true);
    result.open(reply.stream(new ReadableStream<Uint8Array>({ cancel: () => closed.open() })));
    await closed.opened;
    assert.equal(finished.seen.length, 1);
    assert.deepEqual([seen, server.lines], [[], []]);
  });

  const sources: Readonly<Record<string, (closed: () => void) => Parameters<typeof reply.stream>[0]>> = {
    "a generator": (closed) =>
      (async function* () {
        try {
          for (;;) yield Buffer.alloc(65_536);
        } finally {
          closed();
        }
      })(),
    "a web stream": (closed) =>
      new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)), cancel: closed }),
    "a Node stream": (closed) =>
      new Readable({
        read() {
          this.push(Buffer.alloc(65_536));
        },
        destroy(error, callback) {
          closed();
          callback(error);
        },
      }),
    "a web stream that is silent": (closed) =>
      new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(1)), cancel: closed }),
    "a Node stream that is silent": (closed) => {
      const stream = new Readable({
        read: () => undefined,
        destroy: (error, callback) => {
          closed();
          callback(error);
        },
      });
      stream.push("x");
      return stream;
    },
  };
  for (const [what, create] of Object.entries(sources)) {
    it(`CVE-2023-26108: in the middle of its download closes its source: ${what}`, async (t) => {
      const seen = watchProcess(t);
      const finished = watchFinished(t, "/down");
      const closed = gate();
      let aborted: AbortSignal | undefined;
      const server = await serve(t, [
        route.get("/down", { auth: "public" }, ({ signal }) => {
          aborted = signal;
          return reply.stream(create(closed.open));
        }),
      ]);
      const client = await server.open();
      client.send(`GET /down HTTP/1.1\r\n${HOST}\r\n`);
      await client.until("\r\n\r\n");
      client.socket.resetAndDestroy();
      await closed.opened;
      const end = await finished.next();
      assert.equal(end.outcome, "aborted");
      assert.equal(aborted?.aborted, true);
      assert.equal(finished.seen.length, 1);
      assert.deepEqual([seen, server.lines], [[], []]);
    });
  }

  it("in the middle of its download or of its events is counted with the bytes that it was sent", async (t) => {
    async function* part(): AsyncGenerator<string> {
      yield "x".repeat(70_000);
      yield "last";
      await new Promise(() => {});
    }
    const events = async function* (): AsyncGenerator<{ data: string }> {
      yield { data: "last" };
      await new Promise(() => {});
    };
    const server = await serve(t, [
      route.get("/part", { auth: "public" }, () => reply.stream(part())),
      route.get("/events", { auth: "public" }, () => reply.events(events())),
    ]);
    for (const [path, least, most] of [
      ["/part", 70_004, 70_004],
      ["/events", 20, 100],
    ] as const) {
      const finished = watchFinished(t, path);
      const client = await server.open();
      client.send(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
      await client.until("last");
      client.socket.resetAndDestroy();
      const { status, bytesOut } = await finished.next();
      assert.equal(status, 499);
      assert.ok(bytesOut >= least && bytesOut <= most, `${bytesOut} bytes of ${path}`);
    }
  });

  it("with requests waiting in line ends them all", async (t) => {
    const seen = watchProcess(t);
    const finished = watchFinished(t, "/line");
    const started = gate();
    let running = 0;
    const signals: AbortSignal[] = [];
    const closed = gate();
    const server = await serve(t, [
      route.get("/line", { auth: "public" }, ({ signal }) => {
        signals.push(signal);
        if (++running === 3) started.open();
        if (running === 2)
          return reply.stream(
            new ReadableStream<Uint8Array>({ pull: (c) => c.enqueue(new Uint8Array(65_536)), cancel: () => closed.open() }),
          );
        return new Promise(() => {});
      }),
    ]);
    await sendAndLeave(server, `GET /line HTTP/1.1\r\n${HOST}\r\n`.repeat(3), started.opened);
    for (let count = 0; count < 3; count++) assert.equal((await finished.next()).outcome, "aborted");
    await closed.opened;
    assert.ok(signals.every((signal) => signal.aborted));
    assert.deepEqual(seen, []);
  });

  it("by a reset after CONNECT leaves the process alone", async (t) => {
    const seen = watchProcess(t);
    const server = await serve(t, []);
    const client = await server.open();
    client.send("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
    await client.until("400");
    client.socket.resetAndDestroy();
    assert.match(await server.exchange(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`), / 404 /);
    assert.deepEqual(seen, []);
  });

  const requests: Readonly<Record<string, string>> = {
    "a JSON body": `POST /json HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}`,
    "a chunked body": `POST /stream HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n`,
    "an expectation": `POST /json HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}`,
  };
  for (const [what, request] of Object.entries(requests)) {
    it(`at any byte of a request with ${what} leaves nothing behind`, async (t) => {
      const seen = watchProcess(t);
      let open = 0;
      let started = 0;
      const activity = { started: () => void (started++, open++), finished: () => void open--, entered() {}, left() {} };
      const server = await serve(
        t,
        [
          route.post("/json", { auth: "public", body: z.object({ a: z.number() }) }, ({ body }) => body),
          route.post("/stream", { auth: "public", body: bodyStream() }, async ({ body }) => {
            let bytes = 0;
            for await (const chunk of body) bytes += chunk.byteLength;
            return bytes;
          }),
        ],
        { activity },
      );
      const head = request.indexOf("\r\n\r\n") + 4;
      for (let cut = 1; cut < request.length; cut++) {
        const client = await server.open();
        client.send(request.slice(0, cut));
        client.socket.end();
        const received = await client.closed();
        assert.doesNotMatch(received, /HTTP\/1\.1 [25]\d\d/, JSON.stringify(request.slice(0, cut)));
      }
      const whole = await server.open();
      whole.send(request);
      await whole.until("HTTP/1.1 200 ");
      assert.equal(open, 0);
      assert.ok(started >= request.length - head, "bodies that are cut have begun");
      assert.deepEqual([seen, server.lines], [[], []]);
    });
  }
});
