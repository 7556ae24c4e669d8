import assert from "node:assert/strict";
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { type TestServerOptions, startServer } from "#src/testing/test-server";
import { textOf, until } from "./observe.ts";

const app = (name: string): URL => new URL(`../../support/apps/${name}.ts`, import.meta.url);

/** Starts what should not start. Returns what it printed. */
async function failToStart(options: TestServerOptions): Promise<string> {
  let printed = "";
  await assert.rejects(startServer(options), (thrown: Error & { code?: string }) => {
    assert.equal(thrown.code, "E_TESTING_SERVER_FAILED", thrown.message);
    assert.match(thrown.message, /ended with exit code 1 before it was ready/);
    printed = thrown.message;
    return true;
  });
  return printed;
}

interface Gate extends AsyncDisposable {
  readonly url: string;
  /** Resolves when somebody stands before it. */
  readonly reached: Promise<void>;
  open(): void;
}

/** A server that answers only when it is told to. */
async function createGate(): Promise<Gate> {
  const waiting: (() => void)[] = [];
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const server: Server = createServer((_, response) => {
    waiting.push(() => response.end("open"));
    resolve();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    reached,
    open: () => waiting.splice(0).forEach((answer) => answer()),
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("a start", () => {
  test("is not ready while a service of a thread still starts", async () => {
    await using gate = await createGate();
    const adminPort = await freePort();
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    const starting = startServer({ app: app("busy"), threads: 1, env: { GATE: gate.url, ADMIN_PORT: String(adminPort) } });
    await gate.reached;
    assert.equal(await textOf(adminUrl, "/readyz"), "503 starting\n");
    assert.equal(await textOf(adminUrl, "/livez"), "200 ok\n");
    gate.open();
    await using server = await starting;
    assert.equal(server.adminUrl, adminUrl);
    await until("it is ready", 1_000, async () => (await textOf(adminUrl, "/readyz")) === "200 ready\n");
  });

  test("says which port is taken, by whoever listens", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const taken = new RegExp(
      `E_APP_PORT_IN_USE: The (\\w+) server cannot listen on 127\\.0\\.0\\.1:${port}: another program does`,
    );
    const publicPort = await failToStart({ app: app("busy"), env: { PORT: String(port) } });
    assert.equal(taken.exec(publicPort)?.[1], "public");
    const adminPort = await failToStart({ app: app("busy"), env: { ADMIN_PORT: String(port) } });
    assert.equal(taken.exec(adminPort)?.[1], "admin");
    other.close();
  });

  test("does not share the port of another server of its kind, which shares it among its threads", async () => {
    await using first = await startServer({ app: app("busy"), threads: 2 });
    const printed = await failToStart({ app: app("busy"), env: { PORT: new URL(first.url).port } });
    assert.match(printed, /E_APP_PORT_IN_USE/);
    assert.equal((await fetch(`${first.url}/thread`)).status, 200);
  });

  test("prints every fault of the configuration at once", async () => {
    const env = { LOG_LEVEL: "loud", SHUTDOWN_DELAY: "soon", JOB_THREADS: "-1" };
    const printed = await failToStart({ app: app("busy"), env });
    assert.match(printed, /E_CONFIG_INVALID/);
    for (const name of Object.keys(env)) assert.ok(printed.includes(`environment ${name}`), printed);
  });

  test("says what is wrong with the app's module", async () => {
    assert.match(await failToStart({ app: app("nowhere") }), /E_APP_MODULE_MISSING: .*nowhere\.ts .*no such file/);
    assert.match(
      await failToStart({ app: app("throwing") }),
      /E_APP_MODULE_FAILED: .*throwing\.ts .*this module refuses to load/,
    );
    assert.match(await failToStart({ app: app("not-an-app") }), /E_APP_MODULE_INVALID: .*not-an-app\.ts has no default export/);
  });

  test("says which routes are in each other's way, with threads and without", async () => {
    for (const threads of [0, 2]) {
      const printed = await failToStart({ app: app("bad-routes"), threads });
      assert.match(printed, /E_HTTP_ROUTES_INVALID/);
      assert.doesNotMatch(printed, /thread died|"level":"error"/);
      assert.match(printed, /\/twice\/:other/);
    }
  });

  test("says which service did not start and why, with threads and without", async () => {
    const port = await freePort();
    for (const threads of [0, 2]) {
      const printed = await failToStart({ app: app("busy"), threads, env: { GATE: `http://127.0.0.1:${port}/` } });
      assert.match(printed, /E_CORE_START_FAILED: Service "gate" did not start/);
    }
  });

  test("works on the main thread alone", async () => {
    await using server = await startServer({ app: app("busy"), threads: 0 });
    assert.deepEqual(await (await fetch(`${server.url}/thread`)).json(), { thread: "main", threadId: 0 });
    assert.equal(await textOf(server.adminUrl, "/readyz?verbose"), `200 {"ready":true,"state":"ready","failures":{}}`);
    assert.match(await (await fetch(`${server.adminUrl}/metrics`)).text(), /http_route="\/thread"/);
    assert.equal(await server.stop(), 0);
    assert.equal(server.log.filter("request").length, 1);
  });
});
