import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { TestServer } from "plinth/testing";
import { type Caller, type FileView, TestData, authorizationOf, streamOf } from "../support/parcel.ts";
import { callerOf, forgetMost, memoryOf, processOf, serveParcel } from "../support/server.ts";

const MEGABYTE = 1_048_576;
const linux = process.platform === "linux" ? false : "needs /proc";
const PRLIMIT = "/usr/bin/prlimit";
const SHA256SUM = "/usr/bin/sha256sum";
/** Why a test that needs a program is skipped. */
const without = (program: string): string | false => (existsSync(program) ? false : `there is no ${program}`);

/** Asks again until it is so; fails when it is not within ten seconds. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const start = performance.now();
  while (!(await isSo())) {
    assert.ok(performance.now() - start < 10_000, `${what} did not come true`);
    await pause(5);
  }
}

/** Begins an upload of a megabyte and sends the first half of it. */
async function beginUpload(server: TestServer, name = "half"): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  const head = [
    `POST /files?name=${name} HTTP/1.1`,
    "Host: parcel",
    `Authorization: ${await authorizationOf("ada")}`,
    `Content-Length: ${MEGABYTE}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.write(Buffer.alloc(MEGABYTE / 2, "x"));
  return socket;
}

describe("uploads to a server of two threads", () => {
  let data: TestData;
  let server: TestServer;
  let ada: Caller;
  before(async () => {
    data = await TestData.open();
    server = await serveParcel(data, { env: { UPLOADS_MAX_SIZE: "64mb" } });
    ada = await callerOf(server, "ada");
  });
  after(async () => {
    await server.stop();
    await data[Symbol.asyncDispose]();
  });

  test("64 MB are streamed: memory does not hold them", { skip: linux }, async () => {
    await ada.upload("warm-up", streamOf(8 * MEGABYTE));
    const pid = processOf(data);
    forgetMost(pid);
    const { now } = memoryOf(pid);
    assert.equal((await ada.upload("big", streamOf(64 * MEGABYTE))).size, 64 * MEGABYTE);
    const rise = (memoryOf(pid).most - now) / 1_024;
    assert.ok(rise < 40, `memory rose by ${rise.toFixed(1)} MB`);
  });

  test("the hash is what sha256sum says, of the file and of its download", { skip: without(SHA256SUM) }, async () => {
    const path = join(data.path, "random.bin");
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) % 253));
    writeFileSync(path, bytes);
    const [sum = ""] = execFileSync(SHA256SUM, [path], { encoding: "utf8" }).split(" ");
    const view = await ada.upload("random.bin", ReadableStream.from(createReadStream(path)));
    assert.equal(view.hash, sum);
    const download = Buffer.from(await (await ada.download(view.id)).arrayBuffer());
    assert.equal(createHash("sha256").update(download).digest("hex"), sum);
  });

  test("one over the limit is refused, by its length or on the way, and leaves nothing", async () => {
    const stored = data.stored.length;
    const declared = await ada.post("big", Buffer.alloc(64 * MEGABYTE + 1));
    assert.equal(declared.status, 413);
    // An answer may come while the body is still on its way; then the connection ends under the rest.
    const streamed = await ada.post("big", streamOf(65 * MEGABYTE)).then(
      (answer) => answer.status,
      () => "cut",
    );
    assert.ok(streamed === 413 || streamed === "cut", String(streamed));
    await until("nothing is left", () => data.incoming.length === 0);
    assert.equal(data.stored.length, stored);
  });

  for (const [how, leave] of [
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
    ["closes", (socket: Socket) => socket.destroy()],
    ["half-closes", (socket: Socket) => socket.end()],
  ] as const) {
    test(`one whose client ${how} the connection leaves no part, no file and no record`, async () => {
      const files = (await ada.list("?limit=100")).items.length;
      const socket = await beginUpload(server);
      await until("the part is being written", () => data.incoming.length === 1);
      leave(socket);
      await until("the part is gone", () => data.incoming.length === 0);
      assert.equal((await ada.list("?limit=100")).items.length, files);
    });
  }

  test("fifty at once on all threads are all taken and all listed", async () => {
    const grace = await callerOf(server, "grace");
    const views = await Promise.all(
      Array.from({ length: 50 }, (_, index) => grace.upload(`file-${index}`, `content of ${index}`.repeat(500))),
    );
    const first = await grace.list("?limit=30");
    const second = await grace.list(`?limit=30&cursor=${first.nextCursor}`);
    const listed = [...first.items, ...second.items];
    assert.deepEqual(listed.map((item) => item.id).sort(), views.map((view) => view.id).sort());
    assert.equal(second.nextCursor, null);
    assert.deepEqual(data.incoming, []);
    for (const [index, view] of views.entries()) {
      assert.equal(await (await grace.download(view.id)).text(), `content of ${index}`.repeat(500));
    }
  });

  test("statements are counted in the metrics of the whole process", async () => {
    const inserted = async (): Promise<number> => {
      const text = await (await fetch(new URL("/metrics", server.adminUrl))).text();
      return Number(/^db_client_operation_duration_seconds_count\{[^}]*"INSERT"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    const before = await inserted();
    for (let index = 0; index < 3; index += 1) await ada.upload("counted", "hello");
    await until("each upload is counted", async () => (await inserted()) === before + 3);
  });

  test("answers on the network carry the page's policy and challenge those without a token", async () => {
    const page = await fetch(server.url);
    assert.equal(page.status, 200);
    const nonce = /nonce="([^"]+)"/.exec(await page.text())?.[1] as string;
    assert.ok(page.headers.get("content-security-policy")?.includes(`'nonce-${nonce}'`));
    const anonymous = await fetch(new URL("/files", server.url));
    assert.equal(anonymous.status, 401);
    assert.match(anonymous.headers.get("www-authenticate") ?? "", /^Bearer /);
  });
});

describe("a server of one thread", () => {
  let data: TestData;
  let server: TestServer;
  let ada: Caller;
  before(async () => {
    data = await TestData.open();
    server = await serveParcel(data, { threads: 1 });
    ada = await callerOf(server, "ada");
  });
  after(async () => {
    await server.stop();
    await data[Symbol.asyncDispose]();
  });

  test("waits for a database that another connection has locked, and answers others meanwhile", async () => {
    await ada.upload("warm-up", "hello");
    await ada.list();
    let upload: Promise<FileView> | undefined;
    await data.lockWrites(async () => {
      const locked = performance.now();
      let done = false;
      upload = ada.upload("patient", "hello").finally(() => {
        done = true;
      });
      let slowest = 0;
      let answers = 0;
      while (performance.now() - locked < 300 || answers < 5) {
        const asked = performance.now();
        assert.equal((await ada.send("/files")).status, 200);
        slowest = Math.max(slowest, performance.now() - asked);
        answers += 1;
      }
      assert.equal(done, false, "the upload waited");
      // An event loop that waited for the lock itself would answer nobody until it gives up, after seconds.
      assert.ok(slowest < 1_500, `the slowest answer took ${slowest.toFixed(0)} ms`);
    });
    const view = await upload;
    assert.ok((await ada.list()).items.some((item) => item.id === view?.id));
  });

  test("outlives a full disk: 507, nothing left, and the next upload succeeds", { skip: without(PRLIMIT) }, async () => {
    const pid = processOf(data);
    const stored = data.stored.length;
    const listed = (await ada.list()).items.length;
    const limitFiles = (size: string): Buffer => execFileSync(PRLIMIT, [`--pid=${pid}`, `--fsize=${size}`]);
    // The soft limit alone, so that it can be lifted again.
    limitFiles("1000000:unlimited");
    const answer = await ada.post("too big for the disk", streamOf(3 * MEGABYTE)).catch(() => undefined);
    limitFiles("unlimited:unlimited");
    assert.ok(answer === undefined || answer.status === 507, String(answer?.status));
    const failure = await server.log.waitFor((line) => line["status"] === 507);
    assert.deepEqual([failure["level"], failure["error"]], ["error", { code: "E_PARCEL_STORAGE_FULL" }]);
    await until("nothing is left", () => data.incoming.length === 0);
    assert.equal(data.stored.length, stored);
    assert.equal((await ada.list()).items.length, listed);
    assert.equal((await ada.upload("fits again", streamOf(3 * MEGABYTE))).size, 3 * MEGABYTE);
  });

  test("outlives a folder that cannot be written to", async () => {
    const incoming = join(data.path, "files", "incoming");
    rmSync(incoming, { recursive: true });
    writeFileSync(incoming, "");
    assert.equal((await ada.post("nowhere to go", "hello")).status, 500);
    const ready = await fetch(new URL("/readyz?verbose", server.adminUrl));
    assert.equal((await fetch(server.url)).status, 200);
    assert.ok([200, 503].includes(ready.status));
    rmSync(incoming);
    mkdirSync(incoming);
    assert.equal((await ada.upload("back again", "hello")).size, 5);
  });
});

describe("a server that is killed in the middle of an upload", () => {
  test("has every file that it acknowledged when it starts again, and nothing half-written", async () => {
    await using data = await TestData.open();
    const first = await serveParcel(data);
    const before = await callerOf(first, "ada");
    const acknowledged: FileView[] = [];
    for (let index = 0; index < 5; index += 1) acknowledged.push(await before.upload(`file-${index}`, streamOf(200_000 + index)));
    await beginUpload(first);
    await until("the part is being written", () => data.incoming.length === 1);
    await first.kill();
    assert.equal(data.incoming.length, 1);

    await using second = await serveParcel(data, { threads: 4 });
    const ada = await callerOf(second, "ada");
    const { items } = await ada.list();
    assert.deepEqual(items.toReversed(), acknowledged);
    for (const { id, hash } of acknowledged) {
      const bytes = Buffer.from(await (await ada.download(id)).arrayBuffer());
      assert.equal(createHash("sha256").update(bytes).digest("hex"), hash);
    }
    assert.equal(data.incoming.length, 1, "the part is kept until it is stale");
    assert.equal((await ada.upload("after", "hello")).size, 5);
  });

  test("while many uploads are under way: what was acknowledged is there, what is there is whole", async () => {
    await using data = await TestData.open();
    const first = await serveParcel(data);
    const before = await callerOf(first, "ada");
    const acknowledged: FileView[] = [];
    const uploads = Array.from({ length: 40 }, async (_, index) => {
      const view = await before.upload(`file-${index}`, streamOf(50_000 + index * 1_000)).catch(() => undefined);
      if (view !== undefined) acknowledged.push(view);
    });
    await until("some are acknowledged", () => acknowledged.length >= 10);
    const known = [...acknowledged];
    await first.kill();
    await Promise.all(uploads);

    await using second = await serveParcel(data);
    const ada = await callerOf(second, "ada");
    const { items } = await ada.list("?limit=100");
    const ids = new Set(items.map((item) => item.id));
    for (const view of known) assert.ok(ids.has(view.id), view.name);
    for (const item of items) {
      const bytes = Buffer.from(await (await ada.download(item.id)).arrayBuffer());
      assert.equal(bytes.length, item.size);
      assert.equal(createHash("sha256").update(bytes).digest("hex"), item.hash);
    }
  });
});

describe("in production", () => {
  /** The program as an operator starts it, with all that it prints. */
  function start(data: TestData, env: Readonly<Record<string, string>>): { child: ChildProcess; output: () => string } {
    const main = new URL("../../../../bin/plinth.js", import.meta.url);
    const app = new URL("../../app.ts", import.meta.url);
    const child = spawn(process.execPath, [main.pathname, "start", app.pathname, "--env", "production"], {
      cwd: data.path,
      env: {
        PATH: process.env["PATH"],
        HOST: "127.0.0.1",
        PORT: "0",
        ADMIN_PORT: "0",
        HTTP_THREADS: "0",
        SHUTDOWN_DELAY: "0s",
        ...env,
      },
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (more: string) => (text += more));
    return { child, output: () => text };
  }

  test("Parcel does not start without APP_KEY, and makes none", async () => {
    await using data = await TestData.open();
    const { child, output } = start(data, {});
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 1);
    assert.match(output(), /^E_CONFIG_INVALID: [^]*APP_KEY/);
    assert.doesNotMatch(output(), /^ +at /m);
    assert.throws(() => data.stored, { code: "ENOENT" });
  });

  test("Parcel issues no token by itself", async () => {
    await using data = await TestData.open();
    const { child, output } = start(data, data.env);
    await until("it is ready", () => output().includes(`"ready"`) || child.exitCode !== null);
    child.kill("SIGTERM");
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 0, output());
    assert.doesNotMatch(output(), /eyJ|token/i);
    assert.doesNotMatch(output(), new RegExp(data.env["APP_KEY"] as string));
  });
});
