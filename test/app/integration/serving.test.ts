import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { type TestServer, startServer } from "#src/testing/test-server";
import type { LogLine } from "#src/testing/test-log";
import { KeepAliveConnection } from "../../support/keep-alive-client.ts";
import { requireBinary } from "../../support/services.ts";
import { connectToEachThread, scrape, textOf, until } from "./observe.ts";

const BUSY = new URL("../../support/apps/busy.ts", import.meta.url);
const STORED = new URL("../../support/apps/stored.ts", import.meta.url);
const promtool = requireBinary("promtool");

describe("a server of two threads", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ app: BUSY, threads: 2 });
  });
  after(() => server.stop());

  test("is ready only when every thread listens", async () => {
    // Each thread is found at once, without a try again.
    const connections = await connectToEachThread(server.url, 2);
    assert.deepEqual([...connections.keys()].sort(), ["http-0", "http-1"]);
    for (const connection of connections.values()) connection.close();
    assert.equal(await textOf(server.adminUrl, "/readyz"), "200 ready\n");
    assert.equal(await textOf(server.adminUrl, "/livez"), "200 ok\n");
    assert.equal(await textOf(server.adminUrl, "/readyz?verbose"), `200 {"ready":true,"state":"ready","failures":{}}`);
    assert.match(await textOf(server.adminUrl, "/"), /^200 busy 1\.2\.3\n/);
  });

  test("the public port has none of the admin routes", async () => {
    for (const path of ["/metrics", "/readyz", "/livez"]) assert.match(await textOf(server.url, path), /^404 /);
  });

  test("promtool finds nothing to complain about in the metrics", { skip: promtool.skip }, async () => {
    let input = "";
    const hasMemory = async (): Promise<boolean> => {
      input = await (await fetch(`${server.adminUrl}/metrics`)).text();
      return input.includes("process_resident_memory_bytes"); // sampled at intervals
    };
    await until("memory is measured", 20_000, hasMemory);
    const { status, stdout, stderr } = spawnSync(promtool.path as string, ["check", "metrics"], { input, encoding: "utf8" });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
    for (const name of ["http_server_request_duration_seconds", "process_resident_memory_bytes", "plinth_build_info"])
      assert.match(input, new RegExp(`^# TYPE ${name} `, "m"));
  });

  test("totals of all threads are exactly the requests sent", async () => {
    const answered = async (): Promise<number> =>
      scrape(server.adminUrl, "http_server_request_duration_seconds_count", { http_route: "/slow" });
    const earlier = await answered();
    const connections = await Promise.all(Array.from({ length: 16 }, () => KeepAliveConnection.open(server.url)));
    await Promise.all(
      connections.map(async (connection, index) => {
        for (let call = 0; call < 25; call += 1) assert.equal((await connection.get(`/slow?ms=${index % 3}`)).status, 200);
        connection.close();
      }),
    );
    assert.equal((await answered()) - earlier, 400);
    assert.equal(await scrape(server.adminUrl, "http_server_active_requests", {}), 0);
  });

  test("a limit of 50 lets exactly 50 through over both threads", async () => {
    const byThread = await connectToEachThread(server.url, 2);
    const more = await Promise.all(Array.from({ length: 8 }, () => KeepAliveConnection.open(server.url)));
    const connections = [...byThread.values(), ...more];
    const statuses = await Promise.all(
      connections.map(async (connection) => {
        const seen: number[] = [];
        for (let call = 0; call < 20; call += 1) seen.push((await connection.get("/limited")).status);
        connection.close();
        return seen;
      }),
    );
    const counts = Map.groupBy(statuses.flat(), (status) => status);
    assert.equal(counts.get(204)?.length, 50);
    assert.equal(counts.get(429)?.length, 150);
    // Both threads let some through, or it would not be both that were counted.
    assert.ok(
      statuses.slice(0, 2).every((seen) => seen.includes(204)),
      JSON.stringify(statuses.slice(0, 2)),
    );
  });

  test("every request under load has its lines, whole, in JSON, once", async () => {
    const connections = await Promise.all(Array.from({ length: 8 }, () => KeepAliveConnection.open(server.url)));
    const ids = await Promise.all(
      connections.map(async (connection) => {
        const seen: string[] = [];
        for (let call = 0; call < 25; call += 1) seen.push((await connection.get("/say")).headers.get("x-request-id") as string);
        connection.close();
        return seen;
      }),
    );
    const expected = ids.flat().sort();
    const accessLines = (): readonly LogLine[] =>
      server.log.filter((line) => line["message"] === "request" && line["route"] === "/say");
    await server.log.waitFor(() => accessLines().length >= expected.length);
    const access = accessLines();
    assert.deepEqual(access.map((line) => line["requestId"] as string).sort(), expected);
    const said = server.log.filter("said");
    assert.equal(said.length, 2_000);
    for (const line of said) assert.equal((line["filler"] as string).length, (line["line"] as number) * 100);
    assert.equal(new Set(access.map((line) => line["thread"])).size, 2, "both threads served");
    assert.deepEqual(server.log.malformed, []);
  });

  test("every line says what it comes from", async () => {
    const id = (await fetch(new URL("/say", server.url))).headers.get("x-request-id");
    const line = await server.log.waitFor(({ message, requestId }) => message === "request" && requestId === id);
    assert.deepEqual(Object.keys(line).slice(0, 5), ["level", "@timestamp", "service", "env", "thread"]);
    for (const { service, env } of server.log.lines) assert.deepEqual([service, env], ["busy", "test"]);
  });
});

describe("a server whose database opens at its start", () => {
  for (const threads of [0, 2])
    test(`shows its connections as soon as it is ready, with ${threads} threads`, async () => {
      await using server = await startServer({ app: STORED, threads });
      const connections = await scrape(server.adminUrl, "db_client_connections", { db_namespace: "stored" });
      assert.equal(connections, Math.max(1, threads));
    });
});
