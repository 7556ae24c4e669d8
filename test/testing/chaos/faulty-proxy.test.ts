import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type FaultyProxy, createFaultyProxy } from "#src/testing/chaos/faulty-proxy";

/** Waits for a condition, a second at most. */
async function until(condition: () => boolean, what: string): Promise<void> {
  const late = performance.now() + 2_000;
  while (!condition()) {
    assert.ok(performance.now() < late, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A server that sends back what it gets, and its proxy. */
class Echo implements AsyncDisposable {
  readonly sockets: Socket[] = [];
  received = "";
  readonly #server: Server;
  readonly proxy: FaultyProxy;

  static async start(answer: (text: string, socket: Socket) => void = (text, socket) => socket.write(text)): Promise<Echo> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = await createFaultyProxy({ to: { host: "127.0.0.1", port: (server.address() as AddressInfo).port } });
    return new Echo(server, proxy, answer);
  }

  private constructor(server: Server, proxy: FaultyProxy, answer: (text: string, socket: Socket) => void) {
    this.#server = server;
    this.proxy = proxy;
    server.on("connection", (socket) => {
      this.sockets.push(socket);
      socket.setEncoding("latin1").on("error", () => {});
      socket.on("data", (text: string) => {
        this.received += text;
        answer(text, socket);
      });
      socket.on("end", () => setImmediate(() => socket.end()));
    });
  }

  async client(): Promise<Client> {
    const socket = connect({ host: "127.0.0.1", port: this.proxy.port });
    const client = new Client(socket);
    await once(socket, "connect");
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

class Client {
  received = "";
  ended = false;
  closed = false;
  error: string | undefined;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => (this.received += text));
    socket.on("end", () => (this.ended = true));
    socket.on("error", (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on("close", () => (this.closed = true));
  }

  async receives(text: string): Promise<void> {
    await until(() => this.received.length >= text.length, `"${text.slice(0, 40)}"`);
    assert.equal(this.received, text);
  }
}

/** Time for what must not happen: a whole round trip on another connection that is not held up. */
async function roundTrip(echo: Echo): Promise<void> {
  const socket = connect(echo.sockets[0]?.localPort ?? 0, "127.0.0.1");
  socket.write("?");
  await once(socket, "data");
  socket.destroy();
  await turn();
}

describe("faulty proxy", () => {
  test("forwards both ways, and counts", async () => {
    await using echo = await Echo.start();
    const client = await echo.client();
    client.socket.write("hello");
    await client.receives("hello");
    const { connections, open, bytesUp, bytesDown } = echo.proxy;
    assert.deepEqual({ connections, open, bytesUp, bytesDown }, { connections: 1, open: 1, bytesUp: 5, bytesDown: 5 });
    client.socket.end();
    await until(() => client.closed && echo.proxy.open === 0, "the end");
    assert.equal(client.error, undefined);
  });

  test("forwards the end of one direction while the other goes on", async () => {
    await using echo = await Echo.start((text, socket) => {
      socket.once("end", () => socket.end(`late answer to ${text}`));
    });
    const client = await echo.client();
    client.socket.end("question");
    await client.receives("late answer to question");
  });

  test("carries megabytes unchanged, although the reader is slower", async () => {
    await using echo = await Echo.start();
    const client = await echo.client();
    const text = Array.from({ length: 40_000 }, (_, index) => `line ${index}: ${"x".repeat(100)}\n`).join("");
    client.socket.pause();
    client.socket.write(text);
    await until(() => echo.received.length > 1_000_000, "the first megabyte");
    client.socket.resume();
    await until(() => client.received.length >= text.length, "the whole");
    assert.equal(client.received === text, true);
  });

  test("puts itself in place of the host and port of a URL", async () => {
    await using echo = await Echo.start();
    const { port } = echo.proxy;
    assert.equal(echo.proxy.url("postgres://u:p@db.example:1/app?x=1"), `postgres://u:p@127.0.0.1:${port}/app?x=1`);
    assert.equal(echo.proxy.url("redis://localhost"), `redis://127.0.0.1:${port}`);
  });

  test("takes its target from a URL", async () => {
    await using echo = await Echo.start();
    await using outer = await createFaultyProxy({ to: `mysql://root@127.0.0.1:${echo.proxy.port}/test` });
    const socket = connect(outer.port, "127.0.0.1");
    socket.write("x");
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.equal(answer.toString(), "x");
    socket.destroy();
  });

  test("resets the client when the server cannot be reached", async () => {
    await using proxy = await createFaultyProxy({ to: { host: "127.0.0.1", port: 1 } });
    const client = new Client(connect(proxy.port, "127.0.0.1"));
    await until(() => client.closed, "the reset");
    assert.equal(client.error, "ECONNRESET");
    assert.equal(proxy.open, 0);
  });

  describe("hang", () => {
    test("holds back both directions, and delivers all in order afterwards", async () => {
      await using echo = await Echo.start();
      const client = await echo.client();
      client.socket.write("a");
      await client.receives("a");
      await echo.proxy.hang();
      client.socket.write("b");
      client.socket.write("c");
      echo.sockets[0]?.write("!");
      await roundTrip(echo);
      assert.equal(client.received, "a");
      assert.equal(client.closed, false);
      await echo.proxy.pass();
      await until(() => client.received.length === 4, "what was held back");
      assert.equal(client.received.replace("!", ""), "abc");
    });

    test("accepts connections that the server does not hear of", async () => {
      await using echo = await Echo.start();
      await echo.proxy.hang();
      const client = await echo.client();
      client.socket.write("early");
      await until(() => echo.proxy.open === 1, "the connection");
      assert.equal(echo.sockets.length, 0);
      await echo.proxy.pass();
      await client.receives("early");
    });

    test("does not tell one end that the other has gone", async () => {
      await using echo = await Echo.start();
      const client = await echo.client();
      client.socket.write("a");
      await client.receives("a");
      await echo.proxy.hang();
      client.socket.resetAndDestroy();
      await until(() => client.closed, "the end of the client");
      await roundTrip(echo);
      assert.equal(echo.sockets[0]?.destroyed, false);
      assert.equal(echo.proxy.open, 1);
      await echo.proxy.pass();
      await until(() => echo.sockets[0]?.destroyed === true, "the reset");
    });

    test("can be cut, also connections that have not reached the server", async () => {
      await using echo = await Echo.start();
      const first = await echo.client();
      first.socket.write("a");
      await first.receives("a");
      await echo.proxy.hang();
      const second = await echo.client();
      await until(() => echo.proxy.open === 2, "the connection");
      echo.proxy.cut();
      await until(() => first.closed && second.closed, "the resets");
      assert.deepEqual([first.error, second.error], ["ECONNRESET", "ECONNRESET"]);
      assert.equal(echo.proxy.open, 0);
    });
  });

  test("cut resets both ends of all connections, and lets new ones in", async () => {
    await using echo = await Echo.start();
    const clients = [await echo.client(), await echo.client()];
    for (const client of clients) client.socket.write("a");
    for (const client of clients) await client.receives("a");
    echo.proxy.cut();
    await until(() => clients.every(({ closed }) => closed) && echo.sockets.every((socket) => socket.destroyed), "the resets");
    assert.deepEqual(
      clients.map(({ error }) => error),
      ["ECONNRESET", "ECONNRESET"],
    );
    const next = await echo.client();
    next.socket.write("b");
    await next.receives("b");
    assert.equal(echo.proxy.connections, 3);
  });

  test("refuses new connections and leaves open ones, and lets in again on the same port", async () => {
    await using echo = await Echo.start();
    const old = await echo.client();
    old.socket.write("a");
    await old.receives("a");
    await echo.proxy.refuse();
    await assert.rejects(echo.client(), { code: "ECONNREFUSED" });
    old.socket.write("b");
    await old.receives("ab");
    await echo.proxy.pass();
    const next = await echo.client();
    next.socket.write("c");
    await next.receives("c");
  });

  test("delays both directions, and keeps the order", async () => {
    await using echo = await Echo.start();
    const client = await echo.client();
    await echo.proxy.delay(30);
    const start = performance.now();
    for (const word of ["a", "b", "c"]) {
      client.socket.write(word);
      await turn();
    }
    await client.receives("abc");
    assert.ok(performance.now() - start >= 60, `${performance.now() - start} ms`);
    await echo.proxy.pass();
    client.socket.write("d");
    await client.receives("abcd");
  });

  test("delays the end as well, after what was sent before it", async () => {
    await using echo = await Echo.start();
    const client = await echo.client();
    await echo.proxy.delay(20);
    client.socket.end("last words");
    await client.receives("last words");
    await until(() => client.ended, "the end");
    assert.equal(client.error, undefined);
  });

  describe("drop", () => {
    test("lets so many bytes through to the client, then resets", async () => {
      await using echo = await Echo.start();
      const client = await echo.client();
      client.socket.write("before");
      await client.receives("before");
      await echo.proxy.dropAfter(4);
      client.socket.write("0123456789");
      await until(() => client.closed, "the reset");
      assert.equal(client.received, "before0123");
      assert.equal(client.error, "ECONNRESET");
      assert.equal(echo.proxy.bytesDown, 10);
    });

    test("of nothing at all loses the answer to what the server has carried out", async () => {
      await using echo = await Echo.start();
      await echo.proxy.dropAfter(0);
      const client = await echo.client();
      client.socket.write("COMMIT");
      await until(() => client.closed, "the reset");
      assert.equal(echo.received, "COMMIT");
      assert.equal(client.received, "");
    });

    test("upwards cuts a request in two", async () => {
      await using echo = await Echo.start(() => {});
      const client = await echo.client();
      await echo.proxy.dropAfter(3, "up");
      client.socket.write("COMMIT");
      await until(() => client.closed, "the reset");
      assert.equal(echo.received, "COM");
    });

    test("waits for the byte beyond", async () => {
      await using echo = await Echo.start();
      await echo.proxy.dropAfter(2);
      const client = await echo.client();
      client.socket.write("ab");
      await client.receives("ab");
      await roundTrip(echo);
      assert.equal(client.closed, false);
      client.socket.write("c");
      await until(() => client.closed, "the reset");
      assert.equal(client.received, "ab");
    });
  });

  test("is gone at the end of its block, with its connections", async () => {
    const echo = await Echo.start();
    const client = await echo.client();
    client.socket.write("a");
    await client.receives("a");
    await echo[Symbol.asyncDispose]();
    await until(() => client.closed, "the reset");
    await assert.rejects(echo.client(), { code: "ECONNREFUSED" });
  });
});
