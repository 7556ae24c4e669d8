import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { connect } from "node:net";
import { dirname } from "node:path";
import { type TestContext, after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isPlinthError } from "#src/core/mod";
import type { ServiceName } from "#src/testing/services/contract";
import { type OwnServer, PROGRAMS, startOwnServer } from "#src/testing/services/own-server";
import { openRedis, openSql, probe } from "#src/testing/services/sessions";

/** Why a server cannot be started on this machine. */
async function missingProgram(service: ServiceName): Promise<string | undefined> {
  try {
    await PROGRAMS[service]();
    return undefined;
  } catch (error) {
    assert.ok(isPlinthError(error) && error.code === "E_TESTING_PROGRAM_MISSING");
    return error.message;
  }
}

/** Waits for a condition, ten seconds at most. */
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

function isHalted(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return !existsSync(path) || /\) [TZ] /.test(readFileSync(path, "utf8"));
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

/** The process and its children. */
function familyOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  return [pid, ...(existsSync(path) ? readFileSync(path, "utf8").split(" ").filter(Boolean).map(Number) : [])];
}

const SKIP = {
  redis: await missingProgram("redis"),
  postgres: await missingProgram("postgres"),
  mysql: await missingProgram("mysql"),
};

for (const service of ["redis", "postgres", "mysql"] as const) {
  // One server for all tests, because a start takes a while. Each test leaves it running.
  describe(`own server (${service})`, { skip: SKIP[service] }, () => {
    let server: OwnServer;
    let folder: string | undefined;
    before(async () => {
      server = await startOwnServer(service, { persist: true });
      folder = folderOf(server.pid);
    });
    after(() => server[Symbol.asyncDispose]());

    test("lives through restarts and kills on its port, with what it was told", async () => {
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

    test("halts without closing anything, and goes on where it was", async () => {
      const client = service === "redis" ? await openRedis(server.url) : undefined;
      const session = service === "redis" ? undefined : await openSql(service, server.url);
      const ask = async (): Promise<unknown> => client?.ping() ?? (await session?.query("SELECT 1 AS n"))?.[0]?.["n"];
      server.pause();
      await until(() => familyOf(server.pid ?? 0).every(isHalted), "the halt of all its processes");
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
      assert.equal(await answer, service === "redis" ? "PONG" : 1);
      socket.destroy();
      client?.destroy();
      await session?.[Symbol.asyncDispose]();
    });

    test("can be killed, stopped and started again while it is halted", async () => {
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

    test("is gone when it is disposed of, with its folder and all its processes", async () => {
      const pids = familyOf(server.pid ?? 0);
      await server[Symbol.asyncDispose]();
      await until(() => !pids.some(isRunning), "the end of its processes");
      if (folder === undefined) return;
      const home = folder.endsWith("data") ? dirname(folder) : folder;
      assert.match(home, /\/plinth_test_\d+_[0-9a-f]+$/);
      assert.equal(existsSync(home), false);
      if (service === "postgres") assert.ok(pids.length > 3, pids.join());
    });

    test("that does not start is an error with what it printed", async () => {
      await assert.rejects(startOwnServer(service, { settings: { "no-such-setting": "1" } }), {
        code: "E_TESTING_SERVER_FAILED",
        message: /did not start[^]*printed:[^]*no.such.setting/i,
      });
    });
  });
}

describe("own server", () => {
  test("of Redis comes back empty unless it is told to persist", { skip: SKIP.redis }, async () => {
    await using server = await startOwnServer("redis");
    await remember(server, "redis", "1");
    await server.kill();
    await server.restart();
    assert.equal(await recalls(server, "redis", "1"), false);
  });

  test("takes settings of Redis", { skip: SKIP.redis }, async () => {
    await using server = await startOwnServer("redis", { settings: { maxmemory: "2mb", save: "60 1" } });
    const client = await openRedis(server.url);
    assert.deepEqual({ ...(await client.configGet(["maxmemory", "save"])) }, { maxmemory: "2097152", save: "60 1" });
    client.destroy();
  });

  test("takes settings of MariaDB", { skip: SKIP.mysql }, async () => {
    await using server = await startOwnServer("mysql", { settings: { "max-connections": "12" } });
    await using session = await openSql("mysql", server.url);
    assert.equal((await session.query("SELECT @@max_connections AS n"))[0]?.["n"], 12);
  });

  test("takes settings of PostgreSQL, and may be two of a kind", { skip: SKIP.postgres }, async () => {
    await using one = await startOwnServer("postgres", { settings: { max_connections: "7" } });
    await using two = await startOwnServer("postgres");
    await using session = await openSql("postgres", one.url);
    assert.equal((await session.query("SHOW max_connections"))[0]?.["max_connections"], "7");
    await session.query("CREATE DATABASE kept_1");
    assert.equal(await recalls(two, "postgres", "1"), false);
  });

  test("ends with the process of the test, by SIGKILL, also when it is halted", { skip: SKIP.postgres }, async (t) => {
    await endsWithItsTest(t, "postgres", (child) => child.kill("SIGKILL"));
  });

  test("ends with the process of the test, by its normal end", { skip: SKIP.redis }, async (t) => {
    await endsWithItsTest(t, "redis", (child) => child.stdin?.end("exit\n"));
  });
});

/** Starts a process that starts a server and halts it, ends the process, and waits for the end of the server. */
async function endsWithItsTest(t: TestContext, service: ServiceName, end: (child: ChildProcess) => void): Promise<void> {
  const script = fileURLToPath(new URL("../support/hold-server.ts", import.meta.url));
  const conditions = import.meta.resolve("#src/core/mod").endsWith(".ts") ? ["--conditions=plinth:source"] : [];
  const child = spawn(process.execPath, [...conditions, script, service], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const pid = Number(line);
  // A halted server does not notice when one of its processes has ended.
  const [pids, data] = [familyOf(pid).filter(isRunning), folderOf(pid)];
  assert.ok(pids.includes(pid), line);
  end(child);
  await once(child, "exit");
  await until(() => !pids.some(isRunning), "the end of the server");
  await until(() => data === undefined || !existsSync(dirname(data)), "the end of its folder");
}
