import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type TestServer, startServer } from "#src/testing/test-server";
import { KeepAliveConnection } from "../../support/keep-alive-client.ts";
import { textOf, until } from "./observe.ts";

const BUSY = new URL("../../support/apps/busy.ts", import.meta.url);
/** How often a stop under load is tried. */
const REPEAT = Number(process.env["REPEAT"] ?? 3);

const start = (env: Readonly<Record<string, string>> = {}, threads = 2): Promise<TestServer> =>
  startServer({ app: BUSY, threads, env });

/** Asks on one connection until the server has closed it in order. Returns how many answers came, all of them whole. */
async function useUp(connection: KeepAliveConnection, path: string): Promise<number> {
  let answers = 0;
  while (!connection.isOver) {
    const { status, body } = await connection.get(path);
    assert.equal(status, 200);
    if (path === "/stream") assert.match(body, /^chunk 0\n[\s\S]*chunk 19\n$/);
    answers += 1;
  }
  return answers;
}

describe("a stop by signal", () => {
  for (let round = 1; round <= REPEAT; round += 1) {
    test(`under load loses not one answer (round ${round} of ${REPEAT})`, async (t) => {
      await using server = await start({ SHUTDOWN_DELAY: "300ms" });
      const paths = ["/thread", "/thread", "/thread", "/slow?ms=20", "/slow?ms=50", "/thread", "/stream", "/slow?ms=1"];
      const connections = await Promise.all(paths.map(() => KeepAliveConnection.open(server.url)));
      const users = connections.map((connection, index) => useUp(connection, paths[index] as string));
      // All of them are at work.
      await server.log.waitFor((line) => line["route"] === "/stream", "20s");
      const stopping = server.stop();
      const answers = await Promise.all(users);
      assert.equal(await stopping, 0);
      const lines = server.log.filter("request");
      const total = answers.reduce((sum, count) => sum + count, 0);
      assert.equal(lines.length, total, "a line for each answer");
      assert.deepEqual([...new Set(lines.map((line) => line["outcome"]))], ["ok"]);
      assert.equal(server.log.find("stopped")?.["clean"], true);
      assert.deepEqual(server.log.malformed, []);
      t.diagnostic(`${total} answers on ${paths.length} connections`);
    });
  }

  test("fails readiness first, while requests are still taken", async () => {
    await using server = await start({ SHUTDOWN_DELAY: "2s" });
    const stopping = server.stop();
    await until("readiness fails", 1_500, async () => (await textOf(server.adminUrl, "/readyz")) === "503 draining\n");
    const connection = await KeepAliveConnection.open(server.url);
    const { status, headers } = await connection.get("/thread");
    assert.deepEqual([status, headers.get("connection")], [200, "keep-alive"]);
    assert.equal(await textOf(server.adminUrl, "/livez"), "200 ok\n");
    connection.close();
    assert.equal(await stopping, 0);
  });

  for (const threads of [0, 2]) {
    test(`lets a stream in flight finish, with ${threads} threads`, async () => {
      await using server = await start({}, threads);
      const response = await fetch(`${server.url}/stream`);
      const [code, text] = await Promise.all([server.stop("SIGINT"), response.text()]);
      assert.equal(text.split("\n").length, 21);
      assert.equal(code, 0);
    });

    test(`cuts what is stuck at the time-out, says so and exits with 1, with ${threads} threads`, async () => {
      await using server = await start({ SHUTDOWN_TIMEOUT: "500ms" }, threads);
      const connection = await KeepAliveConnection.open(server.url);
      await connection.get("/thread");
      const stuck = connection.get("/stuck");
      await until("the request is under way", 5_000, async () => {
        const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
        return /^http_server_active_requests 1$/m.test(metrics);
      });
      const [code, outcome] = await Promise.all([server.stop(), stuck.catch((error: unknown) => error)]);
      assert.match(String(outcome), /connection ended before/);
      assert.equal(code, 1);
      assert.equal(server.log.find("stopped")?.["clean"], false);
      const line = server.log.find((candidate) => candidate["route"] === "/stuck");
      assert.deepEqual([line?.["outcome"], line?.["error"]], ["server_error", { code: "E_HTTP_CUT_OFF" }]);
    });
  }

  for (const [signal, code] of [["SIGTERM", 143] as const, ["SIGINT", 130] as const]) {
    test(`ends at once at a second signal (${signal})`, async () => {
      await using server = await start({ SHUTDOWN_DELAY: "50s" });
      const first = server.stop();
      await server.log.waitFor("stopping");
      const begun = performance.now();
      assert.equal(await server.stop(signal), code);
      assert.equal(await first, code);
      assert.ok(performance.now() - begun < 10_000);
      assert.equal(server.log.find("stopped at once by a second signal")?.["signal"], signal);
    });
  }

  test(
    "ends at a second signal also while a thread is deep in native code, and nobody has noticed",
    { timeout: 60_000 },
    async () => {
      await using server = await start({ SHUTDOWN_TIMEOUT: "50s" }, 1);
      const connection = await KeepAliveConnection.open(server.url);
      await connection.get("/thread");
      const running = connection.get("/runaway").catch(() => "cut");
      await until("the request is under way", 5_000, async () =>
        /^http_server_active_requests 1$/m.test(await (await fetch(`${server.adminUrl}/metrics`)).text()),
      );
      const first = server.stop();
      await server.log.waitFor("stopping");
      assert.equal(await server.stop("SIGTERM"), 143);
      assert.equal(await first, 143);
      assert.equal(await running, "cut");
    },
  );

  test("does not wait long for a thread that is blocked, and counts it as cut", { timeout: 60_000 }, async () => {
    await using server = await start({ SHUTDOWN_TIMEOUT: "500ms" }, 1);
    const connection = await KeepAliveConnection.open(server.url);
    const looping = connection.get("/loop").catch(() => "cut");
    await server.log.waitFor("an event loop is blocked");
    assert.equal(await server.stop(), 1);
    assert.equal(await looping, "cut");
    assert.match(server.log.find("a thread died before it had finished its requests")?.["cause"] as string, /^blocked/);
  });
});
