import assert from "node:assert/strict";
import { chmod, lstat, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, describe, it } from "node:test";
import { fork } from "node:child_process";
import { once } from "node:events";
import { listenOn, removeStaleSocket, socketPathOf } from "#src/http/node/listen";

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-socket-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function serverOf(t: TestContext): Server {
  const server = createServer();
  t.after(() => server.close());
  return server;
}

/** Leaves the socket file of a server that was killed. */
async function leaveSocket(path: string, folder: string): Promise<void> {
  const program = join(folder, "killed.mjs");
  await writeFile(
    program,
    `import { createServer } from "node:net"; createServer().listen(${JSON.stringify(path)}, () => process.send("ready"));`,
  );
  const child = fork(program);
  await once(child, "message");
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("a Unix socket", () => {
  it("is named by unix: and its path", () => {
    assert.equal(socketPathOf("unix:/run/app.sock"), "/run/app.sock");
    for (const host of ["127.0.0.1", "::1", "localhost", "/run/app.sock"]) assert.equal(socketPathOf(host), undefined);
  });

  it("has the mode that is asked for, and its file is gone when its server closes", async (t) => {
    const path = join(await folderOf(t), "a.sock");
    const server = createServer();
    assert.deepEqual(await listenOn(server, { host: `unix:${path}`, port: 1, socketMode: 0o600 }), { port: 0, path });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(lstat(path), { code: "ENOENT" });
  });

  it("takes the place of one whose server was killed", async (t) => {
    const folder = await folderOf(t);
    const path = join(folder, "a.sock");
    await leaveSocket(path, folder);
    assert.ok((await lstat(path)).isSocket());
    await listenOn(serverOf(t), { host: `unix:${path}`, port: 0 });
    assert.equal((await stat(path)).mode & 0o777, 0o660);
  });

  it("never takes the place of one that is served, nor of anything that is no socket", async (t) => {
    const folder = await folderOf(t);
    const path = join(folder, "a.sock");
    await listenOn(serverOf(t), { host: `unix:${path}`, port: 0 });
    await assert.rejects(listenOn(serverOf(t), { host: `unix:${path}`, port: 0 }), { code: "EADDRINUSE" });
    const file = join(folder, "precious");
    await writeFile(file, "data");
    await chmod(file, 0o600);
    await removeStaleSocket(file);
    await assert.rejects(listenOn(serverOf(t), { host: `unix:${file}`, port: 0 }), { code: "EADDRINUSE" });
    assert.ok((await stat(file)).isFile());
  });
});
