import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { drainServer } from "#src/app/drain-server";
import { HttpServer, createRequestHandler, requestFinished, requestStarted, route, routes } from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";

describe("draining a server", () => {
  let server: HttpServer;
  let port = 0;
  let answer = (): void => undefined;

  beforeEach(async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    answer = () => resolve(1);
    const handler = await createRequestHandler({
      routes: routes(route.get("/", { auth: "public" }, () => promise)),
      log: createLogger({ sink: createMemorySink() }),
    });
    server = new HttpServer({ handler });
    ({ port } = await server.listen({ host: "127.0.0.1", port: 0 }));
  });
  afterEach(() => server.drain(0));

  /** A request that has begun and waits for its answer. */
  async function ask(): Promise<Socket> {
    const begun = new Promise<void>((resolve) => {
      const unsubscribe = requestStarted.subscribe(() => {
        unsubscribe();
        resolve();
      });
    });
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await begun;
    return socket;
  }

  test("counts the requests that it cut off, once all of them are announced", async () => {
    const announced: unknown[] = [];
    const unsubscribe = requestFinished.subscribe(({ status, outcome, errorCode }) =>
      announced.push([status, outcome, errorCode]),
    );
    const sockets = [await ask(), await ask()];
    const ends = sockets.map((socket) => once(socket, "close"));
    assert.equal(await drainServer({ server, timeout: 60 }), 2);
    const cutOff = [503, "server_error", "E_HTTP_CUT_OFF"];
    assert.deepEqual(announced, [cutOff, cutOff], "told apart from clients that left");
    assert.equal(server.connections, 0);
    await Promise.all(ends);
    unsubscribe();
  });

  test("counts none when everything finished in time", async () => {
    const socket = await ask();
    const ended = once(socket.resume(), "close");
    const drained = drainServer({ server, timeout: 20_000 });
    answer();
    assert.equal(await drained, 0);
    await ended;
  });

  test("does not take a client that leaves by itself for one that was cut", async () => {
    const socket = await ask();
    const drained = drainServer({ server, timeout: 20_000 });
    socket.destroy();
    assert.equal(await drained, 0);
  });
});
