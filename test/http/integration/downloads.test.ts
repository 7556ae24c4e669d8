import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openFile } from "#src/http/files/open-file";
import { serveFolder } from "#src/http/files/serve-folder";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { collectGarbage } from "../../support/collect-garbage.ts";
import { type TestServer, serve, statusesOf, watchFinished } from "../support.ts";

/** How many downloads are aborted; the whole run has 10,000. */
const ABORTS = Number(process.env["REPEAT"] ?? 200);
const MEGABYTE = 1_048_576;
const linux = process.platform === "linux" ? false : "needs /proc";

const folder = mkdtempSync(join(tmpdir(), "plinth-downloads-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "big.txt");
const bytes = Buffer.from(Array.from({ length: MEGABYTE / 64 }, (_, index) => `${String(index).padStart(63, "-")}\n`).join(""));
writeFileSync(path, bytes);
utimesSync(path, new Date(0), new Date(0));

const routes = [
  route.get("/file", { auth: "public" }, async () => {
    const file = await openFile(path);
    return file === undefined ? reply.empty(404) : reply.file(file, { name: "big.txt" });
  }),
  ...serveFolder("/folder", folder, { auth: "public" }),
];
const head = (target: string, ...fields: readonly string[]): string =>
  `GET ${target} HTTP/1.1\r\n${["Host: a", ...fields].join("\r\n")}\r\n\r\n`;

/** Everything behind the head of the one answer received. */
const bodyOf = (received: string): string => received.slice(received.indexOf("\r\n\r\n") + 4);

describe("a download", () => {
  it("over a socket is byte for byte the file, whole and in parts", async (t) => {
    const server = await serve(t, routes);
    const whole = await server.exchange(head("/file", "Connection: close"));
    assert.equal(bodyOf(whole), bytes.toString("latin1"));
    const part = await server.exchange(head("/file", "Range: bytes=64-127", "Connection: close"));
    assert.match(part, /^HTTP\/1\.1 206 [^]*content-range: bytes 64-127\/1048576\r\n/);
    assert.equal(bodyOf(part), bytes.subarray(64, 128).toString("latin1"));
  });

  it("leaves the connection to the next request: each answer has its length", async (t) => {
    const server = await serve(t, routes);
    const requests = [
      head("/file", "Range: bytes=0-9"),
      head("/file", "Range: bytes=0-0,10-19"),
      head("/file", "Range: bytes=2000000-"),
      head("/file", "If-None-Match: *"),
      head("/file").replace("GET", "HEAD"),
      head("/folder/big.txt", "Accept-Encoding: gzip", "Range: bytes=0-9"),
      head("/folder/nothing", "Connection: close"),
    ];
    const received = await server.exchange(requests.join(""));
    assert.deepEqual(statusesOf(received), [206, 206, 416, 304, 200, 206, 404]);
  });

  it("of a file that is cut while it is sent ends its connection: it never looks whole", async (t) => {
    const cut = join(folder, "cut.txt");
    writeFileSync(cut, Buffer.alloc(32 * MEGABYTE, "x"));
    const server = await serve(t, routes);
    const client = await server.open();
    client.send(head("/folder/cut.txt"));
    await client.until("\r\n\r\n");
    client.socket.pause();
    truncateSync(cut, 0);
    client.socket.resume();
    const received = await client.closed();
    assert.match(received, /content-length: 33554432\r\n/);
    assert.ok(bodyOf(received).length < 32 * MEGABYTE);
    assert.equal(server.lines.filter((line) => line.message === "a streamed answer broke off").length, 1);
  });

  it("by a client that stops reading waits for it: memory does not hold the file", async (t) => {
    const long = join(folder, "long.bin");
    writeFileSync(long, "");
    truncateSync(long, 512 * MEGABYTE);
    const server = await serve(t, routes);
    const before = process.memoryUsage().rss;
    const clients = await Promise.all(Array.from({ length: 20 }, () => server.open()));
    for (const client of clients) {
      client.send(head("/folder/long.bin"));
      await client.until("\r\n\r\n");
      client.socket.pause();
    }
    for (let turn = 0; turn < 2_000; turn++) await new Promise(setImmediate);
    const rise = (process.memoryUsage().rss - before) / MEGABYTE;
    assert.ok(rise < 200, `memory rose by ${rise.toFixed(0)} MB for 10 GB of answers`);
    for (const client of clients) client.socket.resetAndDestroy();
  });
});

describe(`CVE-2026-25224: ${ABORTS} aborted downloads`, { skip: linux }, () => {
  for (const [what, request] of Object.entries({
    "of a file": head("/file", "Connection: close"),
    "of parts of a file": head("/file", "Range: bytes=0-99999,200000-399999,500000-999999", "Connection: close"),
    "of a file that is compressed": head("/folder/big.txt", "Accept-Encoding: zstd", "Connection: close"),
  })) {
    it(`${what} leave memory, handles and listeners as they were`, async (t) => {
      const server = await serve(t, routes);
      const finished = watchFinished(t, request.includes("/file ") ? "/file" : "/folder/*");
      await abortDownloads(server, request, Math.ceil(ABORTS / 10));
      const before = await measure(server);
      await abortDownloads(server, request, ABORTS);
      const now = await measure(server, before.handles);
      assert.equal(finished.seen.length, ABORTS + Math.ceil(ABORTS / 10), "each is announced once");
      assert.ok(now.handles <= before.handles, `${now.handles} handles, ${before.handles} before`);
      const rise = (now.heap - before.heap) / MEGABYTE;
      assert.ok(rise < 5, `the heap rose by ${rise.toFixed(1)} MB`);
      t.diagnostic(`${ABORTS} aborts: handles ${before.handles} to ${now.handles}, heap ${rise.toFixed(2)} MB more`);
      assert.deepEqual(server.lines, []);
    });
  }
});

/** Begins downloads and leaves each rudely after a random number of bytes, twenty at a time. */
async function abortDownloads(server: TestServer, request: string, count: number): Promise<void> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const socket = connect(server.port, "127.0.0.1");
      let enough = Math.floor(Math.random() ** 3 * 300_000);
      socket.on("error", () => undefined);
      socket.on("data", (chunk) => {
        if ((enough -= chunk.length) <= 0) socket.resetAndDestroy();
      });
      socket.write(request);
      await once(socket, "close");
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
}

/** What the process holds once the server has seen every client leave. */
async function measure(server: TestServer, most = Infinity): Promise<{ readonly handles: number; readonly heap: number }> {
  const held = (): number => readdirSync("/proc/self/fd").length;
  let handles = -1;
  const started = performance.now();
  // Files are closed in the thread pool: until nothing changes any more, and for five seconds while there are more than there may be.
  for (let still = 0; still < 50 || (handles > most && performance.now() - started < 5_000);) {
    await new Promise(setImmediate);
    const count = held();
    still = count === handles && server.server.connections === 0 ? still + 1 : 0;
    handles = count;
  }
  collectGarbage();
  return { handles, heap: process.memoryUsage().heapUsed };
}
