import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { connect } from "node:net";
import { dirname } from "node:path";
import { type TestContext, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isPlinthError } from "#src/core/mod";
import type { ServiceName } from "#src/testing/services/contract";
import { type OwnServer, type OwnServerOptions, startOwnServer } from "#src/testing/services/own-server";
import { openRedis, openSql, probe } from "#src/testing/services/sessions";

/** Starts a server, or skips the test where its program is not installed. */
async function start(t: TestContext, service: ServiceName, options?: OwnServerOptions): Promise<OwnServer | undefined> {
  try {
    return await startOwnServer(service, options);
  } catch (error) {
    if (!isPlinthError(error) || error.code !== "E_TESTING_PROGRAM_MISSING") throw error;
    t.skip(error.message);
    return undefined;
  }
}

/** Waits for a condition, five seconds at most. */
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const late = performance.now() + 10_000;
  while (!(await condition())) {
    assert.ok(performance.now() < late, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process runs; one that has ended and waits for its parent to notice does not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const path = `/proc/${pid}/stat`;
  return !existsSync(path) || !/\) Z /.test(readFileSync(path, "utf8"));
}

/** Of a Linux process: the folder that it runs in. */
function folderOf(pid: number | undefined): string | undefined {
  return existsSync("/proc/self/cwd") ? readlinkSync(`/proc/${pid}/cwd`) : undefined;
}

async function remember(server: OwnServer, service: ServiceName, value: string): Promise<void> {
  if (service === "redis") {
    const client = await openRedis(server.url);
    await client.set(`kept_${value}`, "1");
    return client.destroy();
  }
  await using session = await openSql(service, server.url);
  await session.query(`CREATE DATABASE kept_${value}`);
}

async function recalls(server: OwnServer, service: ServiceName, value: string): Promise<boolean> {
  if (service === "redis") {
    const client = await openRedis(server.url);
    const count = await client.exists(`kept_${value}`);
    client.destroy();
    return count === 1;
  }
  const url = new URL(server.url);
  url.pathname = `/kept_${value}`;
  const session = await openSql(service, url.href).catch(() => undefined);
  await session?.[Symbol.asyncDispose]();
  return session !== undefined;
}

for (const service of ["redis", "postgres", "mysql"] as const) {
  describe(`own server (${service})`, () => {
    test("lives through restarts and kills on its port, with what it was told", async (t) => {
      await using server = await start(t, service, { persist: true });
      if (server === undefined) return;
      assert.equal(new URL(server.url).port, String(server.port));
      const first = server.pid;
      await remember(server, service, "1");
      await server.restart();
      assert.notEqual(server.pid, first);
      assert.equal(await recalls(server, service, "1"), true);
      await remember(server, service, "2");
      await server.kill();
      assert.equal(server.pid, undefined);
      await assert.rejects(probe(service, server.url), /ECONNREFUSED/);
      await server.restart();
      assert.deepEqual([await recalls(server, service, "1"), await recalls(server, service, "2")], [true, true]);
      assert.equal(await recalls(server, service, "3"), false);
    });

    test("halts without closing anything, and goes on where it was", async (t) => {
      await using server = await start(t, service);
      if (server === undefined) return;
      const client = service === "redis" ? await openRedis(server.url) : undefined;
      const session = service === "redis" ? undefined : await openSql(service, server.url);
      const ask = async (): Promise<unknown> => client?.ping() ?? (await session?.query("SELECT 1 AS n"))?.[0]?.["n"];
      server.pause();
      let answered = false;
      const answer = ask().then((value) => {
        answered = true;
        return value;
      });
      // The system still accepts connections for it.
      const socket = connect(server.port, "127.0.0.1");
      await once(socket, "connect");
      assert.equal(answered, false);
      server.resume();
      assert.ok([1, "PONG"].includes((await answer) as never));
      socket.destroy();
      client?.destroy();
      await session?.[Symbol.asyncDispose]();
    });

    test("can be killed, stopped and started again while it is halted", async (t) => {
      await using server = await start(t, service);
      if (server === undefined) return;
      server.pause();
      await server.kill();
      await server.restart();
      server.pause();
      await server.stop();
      assert.equal(server.pid, undefined);
      await server.stop();
      await server.restart();
      await probe(service, server.url);
    });

    test("is gone at the end of its block, with its folder and all its processes", async (t) => {
      let pids: readonly number[] = [];
      let folder: string | undefined;
      {
        await using server = await start(t, service);
        if (server === undefined) return;
        folder = folderOf(server.pid);
        const children = `/proc/${server.pid}/task/${server.pid}/children`;
        pids = [
          server.pid ?? 0,
          ...(existsSync(children) ? readFileSync(children, "utf8").split(" ").filter(Boolean).map(Number) : []),
        ];
        if (service === "postgres" && folder !== undefined) assert.ok(pids.length > 3, `${pids}`);
      }
      await until(() => !pids.some(isRunning), "the end of its processes");
      if (folder !== undefined) {
        const home = folder.endsWith("data") ? dirname(folder) : folder;
        assert.match(home, /\/plinth_test_\d+_[0-9a-f]+$/);
        assert.equal(existsSync(home), false);
      }
    });

    test("that does not start is an error with what it printed, and leaves nothing behind", async (t) => {
      const before = new Set(readdirSync("/tmp"));
      const settings = { port: "99999999" };
      await assert.rejects(
        async () => {
          const server = await start(t, service, { settings });
          if (server === undefined) throw Object.assign(new Error("printed: 99999999"), { code: "E_TESTING_SERVER_FAILED" });
        },
        { code: "E_TESTING_SERVER_FAILED", message: /did not start[^]*printed:[^]*(99999999|port)/i },
      );
      const left = readdirSync("/tmp").filter((name) => name.startsWith("plinth_test_") && !before.has(name));
      assert.ok(left.length <= 1, `only the template of its data may be left: ${left}`);
    });
  });
}

describe("own server", () => {
  test("of Redis comes back empty unless it is told to persist", async (t) => {
    await using server = await start(t, "redis");
    if (server === undefined) return;
    await remember(server, "redis", "1");
    await server.kill();
    await server.restart();
    assert.equal(await recalls(server, "redis", "1"), false);
  });

  test("takes settings of its program", async (t) => {
    await using redis = await start(t, "redis", { settings: { maxmemory: "2mb", save: "60 1" } });
    if (redis === undefined) return;
    const client = await openRedis(redis.url);
    assert.deepEqual({ ...(await client.configGet(["maxmemory", "save"])) }, { maxmemory: "2097152", save: "60 1" });
    client.destroy();
    await using postgres = await start(t, "postgres", { settings: { max_connections: "7" } });
    if (postgres === undefined) return;
    await using session = await openSql("postgres", postgres.url);
    assert.equal((await session.query("SHOW max_connections"))[0]?.["max_connections"], "7");
    await using mysql = await start(t, "mysql", { settings: { "max-connections": "12" } });
    if (mysql === undefined) return;
    await using other = await openSql("mysql", mysql.url);
    assert.equal((await other.query("SELECT @@max_connections AS n"))[0]?.["n"], 12);
  });

  test("may be two of a kind", async (t) => {
    await using one = await start(t, "postgres");
    await using two = await start(t, "postgres");
    if (one === undefined || two === undefined) return;
    await remember(one, "postgres", "1");
    assert.equal(await recalls(two, "postgres", "1"), false);
  });

  for (const signal of ["SIGKILL", "SIGTERM", "exit"] as const) {
    test(`ends with the process of the test, by ${signal}, also when it is halted`, async (t) => {
      if ((await start(t, "postgres").then((server) => server?.[Symbol.asyncDispose]().then(() => server))) === undefined) return;
      const script = fileURLToPath(new URL("../support/hold-servers.ts", import.meta.url));
      const conditions = import.meta.resolve("#src/core/mod").endsWith(".ts") ? ["--conditions=plinth:source"] : [];
      const child = spawn(process.execPath, [...conditions, script], { stdio: ["pipe", "pipe", "inherit"] });
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const { pids, folders } = JSON.parse(line) as { pids: readonly number[]; folders: readonly string[] };
      assert.ok(pids.length > 3 && pids.every(isRunning), line);
      if (signal === "exit") child.stdin.end("exit\n");
      else child.kill(signal);
      await once(child, "exit");
      await until(() => !pids.some(isRunning), "the end of the servers");
      await until(() => !folders.some((folder) => existsSync(folder)), "the end of the folders");
    });
  }
});
