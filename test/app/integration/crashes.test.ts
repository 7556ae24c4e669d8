import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { LogLine } from "#src/testing/test-log";
import { type TestServer, startServer } from "#src/testing/test-server";
import type { KeepAliveConnection } from "../../support/keep-alive-client.ts";
import { connectToEachThread, isWhole, scrape, until } from "./observe.ts";

const BUSY = new URL("../../support/apps/busy.ts", import.meta.url);
const DIED = "a thread died and is being replaced";
/** A replacement loads the app anew, on a machine that may be busy. */
const REPLACED_MS = 10_000;

/** Answers of a connection until it is told to stop. */
async function keepAsking(connection: KeepAliveConnection, signal: AbortSignal): Promise<number> {
  let answers = 0;
  while (!signal.aborted) {
    assert.equal((await connection.get("/thread")).status, 200);
    answers += 1;
  }
  return answers;
}

/**
 * Has one thread run into `path` while the other is asked without a pause. Returns the line that its death is logged with, the only one,
 * and how long the replacement took, in milliseconds.
 */
async function killThread(server: TestServer, path: string): Promise<{ line: LogLine; replacedMs: number; answers: number }> {
  const connections = await connectToEachThread(server.url, 2);
  const [victim, survivor] = connections.values() as Iterator<KeepAliveConnection> & Iterable<KeepAliveConnection>;
  const earlier = new Set(server.log.filter(DIED));
  const over = new AbortController();
  const asking = keepAsking(survivor as KeepAliveConnection, over.signal);
  await assert.rejects((victim as KeepAliveConnection).get(path), /The connection ended before/);
  await server.log.waitFor((line) => line["message"] === DIED && !earlier.has(line), "60s");
  const replacedMs = await until("the thread is replaced", REPLACED_MS, () => isWhole(server.adminUrl));
  over.abort();
  const answers = await asking;
  for (const connection of connections.values()) connection.close();
  const lines = server.log.filter(DIED).filter((line) => !earlier.has(line));
  assert.equal(lines.length, 1, JSON.stringify(lines));
  return { line: lines[0] as LogLine, replacedMs, answers };
}

describe("a thread that dies", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ app: BUSY, threads: 2 });
  });
  after(() => server.stop());

  const endings = [
    {
      what: "throws where no request waits",
      path: "/crash",
      cause: "uncaught TypeError",
      message: /thrown where no request waits/,
    },
    {
      what: "rejects where no request waits",
      path: "/reject",
      cause: "uncaught RangeError",
      message: /rejected where no request/,
    },
    { what: "exits", path: "/exit", cause: "it called process.exit()", message: /^\{\}$/ },
  ];
  for (const { what, path, cause, message } of endings) {
    test(`because a handler ${what} is replaced, said once with its route, and the other goes on serving`, async (t) => {
      const { line, replacedMs, answers } = await killThread(server, path);
      assert.deepEqual([line["cause"], line["routes"], line["inFlight"], line["level"]], [cause, [`GET ${path}`], 1, "error"]);
      assert.match(JSON.stringify(line["error"] ?? {}), message);
      assert.ok(answers > 0);
      t.diagnostic(`replaced after ${Math.round(replacedMs)} ms, ${answers} answers of the other thread meanwhile`);
    });
  }

  test("takes no request with it unseen: what was under way is counted and logged", async () => {
    const died = { http_route: "/exit", error_type: "E_APP_THREAD_DIED" };
    const count = (): Promise<number> => scrape(server.adminUrl, "http_server_request_duration_seconds_count", died);
    const isLoss = (line: LogLine): boolean => line["message"] === "request" && line["route"] === "/exit";
    const [earlier, lines] = [await count(), server.log.filter(isLoss).length];
    await killThread(server, "/exit");
    assert.equal((await count()) - earlier, 1);
    const losses = server.log.filter(isLoss).slice(lines);
    assert.deepEqual(
      losses.map((line) => [line["method"], line["status"], line["outcome"], line["error"]]),
      [["GET", 500, "server_error", { code: "E_APP_THREAD_DIED" }]],
    );
  });

  test("leaves no lock behind that it held", async () => {
    await killThread(server, "/lock-and-exit");
    assert.deepEqual(await (await fetch(`${server.url}/lock`)).json(), { holder: 0 });
  });

  test("takes none of the counts with it: totals are exactly what was answered", async () => {
    const answered = (): Promise<number> =>
      scrape(server.adminUrl, "http_server_request_duration_seconds_count", { http_route: "/slow" });
    const earlier = await answered();
    const ask = async (times: number): Promise<void> => {
      for (const connection of (await connectToEachThread(server.url, 2)).values()) {
        for (let call = 0; call < times; call += 1) assert.equal((await connection.get("/slow?ms=1")).status, 200);
        connection.close();
      }
    };
    await ask(20);
    await killThread(server, "/exit");
    assert.equal((await answered()) - earlier, 40);
    await ask(30);
    assert.equal((await answered()) - earlier, 100);
    await until(
      "nothing counts as under way",
      2_000,
      async () => (await scrape(server.adminUrl, "http_server_active_requests", {})) === 0,
    );
  });

  test("is not the end of a limit: what it let through stays counted", async () => {
    const statuses = async (connection: KeepAliveConnection, times: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let call = 0; call < times; call += 1) seen.push((await connection.get("/limited")).status);
      connection.close();
      return seen;
    };
    const [first] = [...(await connectToEachThread(server.url, 2)).values()];
    const before = await statuses(first as KeepAliveConnection, 30);
    await killThread(server, "/exit");
    const [one, two] = [...(await connectToEachThread(server.url, 2)).values()];
    const after = [...(await statuses(one as KeepAliveConnection, 30)), ...(await statuses(two as KeepAliveConnection, 30))];
    const passed = [...before, ...after].filter((status) => status === 204).length;
    assert.equal(passed, 50);
  });

  test("leaves every line that was logged whole", () => {
    assert.deepEqual(server.log.malformed, []);
  });
});

describe("a replacement", () => {
  test("that does not start is tried again, each failure said once", async () => {
    await using server = await startServer({ app: new URL("../../support/apps/flaky.ts", import.meta.url), threads: 1 });
    await assert.rejects(fetch(`${server.url}/exit`));
    await until("a replacement serves", 30_000, async () => (await fetch(`${server.url}/hello`)).ok);
    const deaths = server.log
      .filter(DIED)
      .map((line) => [line["cause"], (line["error"] as { message?: string } | undefined)?.message]);
    assert.deepEqual(deaths, [
      ["it called process.exit()", undefined],
      ["it did not start", 'Service "flaky" did not start: start 2 fails'],
      ["it did not start", 'Service "flaky" did not start: start 3 fails'],
    ]);
    assert.equal(await server.stop(), 0);
  });
});

describe("a thread that hangs or fills its memory", () => {
  test("in an endless loop is named after a second, given up after ten, and replaced", { timeout: 90_000 }, async (t) => {
    await using server = await startServer({ app: BUSY, threads: 2 });
    const dying = killThread(server, "/loop");
    const blocked = await server.log.waitFor("an event loop is blocked");
    assert.deepEqual(blocked["routes"], ["GET /loop"]);
    // The one that serves keeps the process ready, and the blocked one does not hold up a scrape.
    const readiness = await fetch(`${server.adminUrl}/readyz`);
    assert.equal(readiness.status, 200);
    assert.ok((await scrape(server.adminUrl, "http_server_request_duration_seconds_count", { http_route: "/thread" })) > 0);
    const { line, replacedMs, answers } = await dying;
    assert.match(line["cause"] as string, /^blocked for 1[01] s$/);
    assert.deepEqual(line["routes"], ["GET /loop"]);
    assert.ok(answers > 100, `${answers} answers`);
    t.diagnostic(`replaced after ${Math.round(replacedMs)} ms, ${answers} answers of the other thread meanwhile`);
  });

  test("where it cannot be ended is left behind: liveness fails, and the process still ends", { timeout: 90_000 }, async () => {
    await using server = await startServer({ app: BUSY, threads: 2 });
    const connections = await connectToEachThread(server.url, 2);
    const [victim, survivor] = connections.values() as Iterator<KeepAliveConnection> & Iterable<KeepAliveConnection>;
    const left = (victim as KeepAliveConnection).get("/runaway").then(
      () => "answered",
      () => "never answered",
    );
    const line = await server.log.waitFor(DIED, "30s");
    assert.deepEqual(line["routes"], ["GET /runaway"]);
    await until("the thread is replaced", REPLACED_MS, () => isWhole(server.adminUrl));
    const liveness = await fetch(`${server.adminUrl}/livez`);
    assert.equal(liveness.status, 503);
    assert.match(await liveness.text(), /^a thread of http-[01] cannot be ended$/m);
    assert.equal((await (survivor as KeepAliveConnection).get("/thread")).status, 200);
    assert.equal(await server.stop(), 137, "killed by itself: nothing else ends such a thread");
    assert.ok(server.log.find("stopped"));
    assert.equal(await left, "never answered");
  });

  test("beyond its heap ends alone, and is replaced", { timeout: 120_000 }, async (t) => {
    await using server = await startServer({ app: BUSY, threads: 2 });
    const { line, replacedMs } = await killThread(server, "/memory");
    // A machine so slow that collecting garbage alone takes ten seconds gives the thread up for that.
    assert.match(line["cause"] as string, /^(?:out of memory|blocked for \d+ s)$/);
    assert.deepEqual(line["routes"], ["GET /memory"]);
    assert.equal(await server.stop(), 0);
    t.diagnostic(`${line["cause"] as string}, replaced after ${Math.round(replacedMs)} ms`);
  });
});
