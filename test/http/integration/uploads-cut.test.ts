import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { type TestContext, describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { z } from "zod";
import type { Exchange, Handler } from "#src/http/contract";
import { multipart, multipartStream } from "#src/http/multipart/multipart";
import { HttpServer } from "#src/http/node/server";
import { bodyStream, route } from "#src/http/route";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";
import { BOUNDARY, bodyOf, field, file } from "../multipart/support.ts";
import { RawClient, createApp } from "../support.ts";

/** How many uploads are cut in the long run; 10,000 before a release. */
const REPEAT = Number(process.env["REPEAT"] ?? 400);
const AT_ONCE = 20;

interface Upload {
  readonly path: string;
  readonly headers: string;
  readonly body: Buffer;
}

const parts = bodyOf([field("title", "a title"), file("file", "a.txt", "content that is longer than the memory\r\n--bound")]);
const MULTIPART = `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n`;
const json = Buffer.from(JSON.stringify({ title: "hello hello hello hello" }));
const sized = (path: string, type: string, body: Buffer): Upload => ({
  path,
  headers: `${type}Content-Length: ${body.length}\r\n`,
  body,
});
const inChunks = (path: string, type: string, body: Buffer): Upload => ({
  path,
  headers: `${type}Transfer-Encoding: chunked\r\n`,
  body: Buffer.concat([
    Buffer.from(`3\r\n${body.toString("latin1", 0, 3)}\r\n${(body.length - 3).toString(16)}\r\n`, "latin1"),
    body.subarray(3),
    Buffer.from("\r\n0\r\n\r\n"),
  ]),
});
const JSON_TYPE = "Content-Type: application/json\r\n";

const uploads: Readonly<Record<string, Upload>> = {
  "a JSON body": sized("/json", JSON_TYPE, json),
  "a JSON body in chunks": inChunks("/json", JSON_TYPE, json),
  "a form": sized("/form", "Content-Type: application/x-www-form-urlencoded\r\n", Buffer.from("title=a+title&b=%C3%A9")),
  "a compressed JSON body": sized("/json", `${JSON_TYPE}Content-Encoding: gzip\r\n`, gzipSync(json)),
  "a stream": sized("/stream", "", json),
  "a compressed stream": inChunks("/stream", "Content-Encoding: zstd\r\n", zstdCompressSync(json)),
  "a multipart body": sized("/multipart", MULTIPART, parts),
  "a multipart body in chunks": inChunks("/multipart", MULTIPART, parts),
  "a compressed multipart body": sized("/multipart", `${MULTIPART}Content-Encoding: gzip\r\n`, gzipSync(parts)),
  "a multipart body read part by part": sized("/parts", MULTIPART, parts),
};

const headOf = ({ path, headers }: Upload): Buffer => Buffer.from(`POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);

/** What a process has open that an upload could leave behind. */
interface Holdings {
  readonly names: readonly string[];
  readonly temporary: number;
  readonly descriptors: number;
}

function holdings(): Holdings {
  const descriptors = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // the listing's own
    }
  });
  return {
    names: readdirSync(tmpdir()).filter((name) => name.startsWith("plinth-upload-")),
    temporary: descriptors.filter((target) => target.includes("plinth-upload-")).length,
    descriptors: descriptors.length,
  };
}

/** A server that takes every kind of body, and counts what it has under way. */
class Bench {
  readonly clock: FakeClock = createFakeClock();
  readonly faults: unknown[] = [];
  started = 0;
  #exchanges = 0;
  #handlers = 0;
  #server!: HttpServer;
  #port = 0;
  #lines: readonly unknown[] = [];

  static async open(t: TestContext): Promise<Bench> {
    const bench = new Bench();
    const note = (thrown: unknown): void => void bench.faults.push(thrown);
    process.on("unhandledRejection", note);
    process.on("uncaughtExceptionMonitor", note);
    const app = await createApp(bench.#routes(), {
      clock: bench.clock,
      defaults: { decompress: true },
      activity: {
        started: () => void (bench.started++, bench.#exchanges++),
        finished: () => void bench.#exchanges--,
        entered() {},
        left() {},
      },
    });
    bench.#lines = app.lines;
    bench.#server = new HttpServer({ handler: app.handler, clock: bench.clock });
    bench.#port = (await bench.#server.listen({ host: "127.0.0.1", port: 0 })).port;
    t.after(async () => {
      process.off("unhandledRejection", note);
      process.off("uncaughtExceptionMonitor", note);
      await bench.#server.drain(0);
    });
    return bench;
  }

  connect(): Promise<RawClient> {
    return RawClient.open(this.#port);
  }

  /** Waits until the server is at work on so many requests. */
  async untilStarted(count: number): Promise<void> {
    while (this.started < count) await new Promise((resolve) => setImmediate(resolve));
  }

  /** What is under way, and what went wrong. */
  state(): unknown {
    const { names, temporary } = holdings();
    const { connections } = this.#server;
    return {
      exchanges: this.#exchanges,
      handlers: this.#handlers,
      connections,
      names,
      temporary,
      lines: this.#lines,
      faults: this.faults,
    };
  }

  /** Waits until nothing is under way, and holds that nothing was left. */
  async assertClean(): Promise<void> {
    for (let turn = 0; turn < 2_000; turn++) {
      if (this.#exchanges + this.#handlers + this.#server.connections + holdings().temporary === 0) break;
      await new Promise((resolve) => setImmediate(resolve));
      if (turn > 500) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.deepEqual(this.state(), { exchanges: 0, handlers: 0, connections: 0, names: [], temporary: 0, lines: [], faults: [] });
  }

  /** Counts a handler while it runs. */
  readonly #counted = (next: Handler): Handler => {
    return async (c) => {
      this.#handlers++;
      try {
        return await next(c);
      } finally {
        this.#handlers--;
      }
    };
  };

  #routes(): Parameters<typeof createApp>[0] {
    const shared = { auth: "public", use: this.#counted } as const;
    const Titled = z.object({ title: z.string() });
    const drain = async ({ body }: Exchange<unknown, unknown, unknown, AsyncIterable<Uint8Array>, unknown>): Promise<number> => {
      let size = 0;
      for await (const chunk of body) size += chunk.byteLength;
      return size;
    };
    return [
      route.post("/json", { ...shared, body: Titled }, ({ body }) => body),
      route.post("/form", { ...shared, body: Titled, accepts: ["form"] }, ({ body }) => body),
      route.post("/stream", { ...shared, body: bodyStream() }, drain),
      route.post(
        "/multipart",
        { ...shared, body: multipart({ fields: Titled, files: { file: { types: ["text/*"] } }, memory: "8b" }) },
        async ({ body }) => (await body.files.file.bytes()).length,
      ),
      route.post("/parts", { ...shared, body: multipartStream() }, async ({ body }) => {
        let size = 0;
        for await (const part of body) {
          if (part.kind === "file") for await (const chunk of part.stream) size += chunk.byteLength;
        }
        return size;
      }),
    ];
  }
}

const onLinux = { skip: process.platform === "linux" ? false : "needs /proc" };

describe("lesson: CVE-2025-47944: an upload that is cut", onLinux, () => {
  for (const [what, upload] of Object.entries(uploads)) {
    const head = headOf(upload);

    it(`by an end of its sending, at any byte, is answered and leaves nothing: ${what}`, async (t) => {
      const bench = await Bench.open(t);
      for (let cut = 0; cut < upload.body.length; cut++) {
        const client = await bench.connect();
        client.send(Buffer.concat([head, upload.body.subarray(0, cut)]));
        client.socket.end();
        assert.match(await client.closed(), /^HTTP\/1\.1 400 /, `cut at ${cut}`);
      }
      await bench.assertClean();
      assert.equal(bench.started, upload.body.length);
      const whole = await bench.connect();
      whole.send(Buffer.concat([head, upload.body]));
      await whole.until("HTTP/1.1 200 ");
      whole.socket.destroy();
      await bench.assertClean();
    });

    it(`by a reset, at any byte, leaves nothing: ${what}`, async (t) => {
      const bench = await Bench.open(t);
      for (let cut = 0; cut <= upload.body.length; cut++) {
        const client = await bench.connect();
        const before = bench.started;
        client.send(Buffer.concat([head, upload.body.subarray(0, cut)]));
        // Half of them leave when the server is at work, half before.
        if (cut % 2 === 0) await bench.untilStarted(before + 1);
        client.socket.resetAndDestroy();
      }
      await bench.assertClean();
    });

    it(`by silence, at any byte, is ended by the guard against slow clients, and leaves nothing: ${what}`, async (t) => {
      const bench = await Bench.open(t);
      const clients: RawClient[] = [];
      for (let cut = 0; cut < upload.body.length; cut++) {
        const client = await bench.connect();
        client.send(Buffer.concat([head, upload.body.subarray(0, cut)]));
        clients.push(client);
      }
      await bench.untilStarted(clients.length);
      for (let second = 0; second < 13; second++) {
        bench.clock.advance(1_000);
        await new Promise((resolve) => setTimeout(resolve, 1)); // what has come is read before the next second
      }
      for (const client of clients) assert.equal(await client.closed(), "");
      await bench.assertClean();
    });
  }

  it(`${REPEAT} times, by resets and ends, leaves memory, descriptors and temporary files as they were`, async (t) => {
    const bench = await Bench.open(t);
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const kinds = Object.values(uploads);
    const one = async (round: number): Promise<void> => {
      const upload = kinds[round % kinds.length] as Upload;
      const client = await bench.connect();
      const cut = (round * 7_919) % upload.body.length;
      client.send(Buffer.concat([headOf(upload), upload.body.subarray(0, cut)]));
      if (round % 3 === 0) {
        client.socket.end();
        await client.closed();
      } else if (round % 3 === 1) await new Promise((resolve) => setImmediate(resolve));
      client.socket.resetAndDestroy();
    };
    const run = async (from: number, count: number): Promise<number> => {
      for (let round = from; round < from + count; round += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(round + index)));
      await bench.assertClean();
      collect();
      return process.memoryUsage().heapUsed;
    };
    const warm = await run(0, Math.max(200, REPEAT / 5));
    const { descriptors } = holdings();
    const after = await run(0, REPEAT);
    assert.ok(after - warm < 3_000_000, `the heap grew by ${after - warm} bytes`);
    assert.ok(holdings().descriptors <= descriptors, "no descriptor is left");
  });
});
