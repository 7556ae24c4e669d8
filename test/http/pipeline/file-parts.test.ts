import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { FilePart, FileSource } from "#src/http/files/file-source";
import { type FileOptions, reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { type TestApp, createApp, gate, problemOf } from "../support.ts";

const TEXT = "0123456789abcdefghijklmnopqrstuvwxyz";
const TIME = Date.UTC(2020, 0, 1);

/** A file in memory that notes what is done to it. */
class MemoryFile implements FileSource {
  readonly size = TEXT.length;
  readonly etag: string | undefined = '"v1"';
  readonly modified: number | undefined = TIME;
  readonly opened: string[] = [];
  closed = 0;

  async *open({ start, end }: FilePart): AsyncGenerator<string> {
    this.opened.push(`${start}-${end}`);
    for (let at = start; at < end; at += 7) yield TEXT.slice(at, Math.min(end, at + 7));
  }

  close(): void {
    this.closed++;
  }
}

async function appOf(file: FileSource = new MemoryFile(), options: FileOptions = { name: "a.bin" }): Promise<TestApp> {
  return createApp([route.get("/a", { auth: "public" }, () => reply.file(file, options))]);
}

async function get(headers: Readonly<Record<string, string>>, file = new MemoryFile(), method = "GET"): Promise<Response> {
  return (await appOf(file)).fetch("/a", { method, headers });
}

describe("a file", () => {
  it("is sent whole, with its version, and closed", async () => {
    const file = new MemoryFile();
    const answer = await get({}, file);
    assert.equal(await answer.text(), TEXT);
    const shown = [
      "content-type",
      "content-length",
      "accept-ranges",
      "etag",
      "last-modified",
      "cache-control",
      "content-disposition",
    ];
    assert.deepEqual(
      shown.map((name) => answer.headers.get(name)),
      [
        "application/octet-stream",
        "36",
        "bytes",
        '"v1"',
        "Wed, 01 Jan 2020 00:00:00 GMT",
        "private, no-cache",
        `attachment; filename="a.bin"; filename*=UTF-8''a.bin`,
      ],
    );
    assert.deepEqual([file.opened, file.closed], [["0-36"], 1]);
  });

  it("to HEAD has the same headers, and is not opened", async () => {
    const file = new MemoryFile();
    const answer = await get({ range: "bytes=0-1" }, file, "HEAD");
    assert.deepEqual([answer.status, answer.headers.get("content-length"), await answer.text()], [200, "36", ""]);
    assert.deepEqual([file.opened, file.closed], [[], 1]);
  });

  it("that the caller has is 304 without what describes a body, and is not opened", async () => {
    for (const headers of [{ "if-none-match": '"v1"' }, { "if-modified-since": "Wed, 01 Jan 2020 00:00:00 GMT" }]) {
      for (const method of ["GET", "HEAD"]) {
        const file = new MemoryFile();
        const answer = await get({ ...headers, range: "bytes=0-1" }, file, method);
        assert.deepEqual([answer.status, await answer.text()], [304, ""]);
        for (const name of ["content-length", "content-type", "content-disposition", "content-security-policy"])
          assert.equal(answer.headers.get(name), null, name);
        assert.deepEqual([answer.headers.get("etag"), answer.headers.get("cache-control")], ['"v1"', "private, no-cache"]);
        assert.deepEqual([file.opened, file.closed], [[], 1]);
      }
    }
  });

  it("that is not the one it is meant for is 412, and is not opened", async () => {
    const file = new MemoryFile();
    const answer = await get({ "if-match": '"v0"' }, file);
    assert.deepEqual([answer.status, (await problemOf(answer)).code], [412, "E_HTTP_PRECONDITION_FAILED"]);
    assert.deepEqual([file.opened, file.closed], [[], 1]);
  });

  it("that is empty is sent whole, whatever part is asked for, and is not opened", async () => {
    const file = { size: 0, etag: "e", open: () => assert.fail("opened") };
    const answer = await (await appOf(file)).fetch("/a", { headers: { range: "bytes=0-" } });
    assert.deepEqual([answer.status, answer.headers.get("content-length"), await answer.text()], [200, "0", ""]);
  });

  it("may have its tag, time, type and caching from the handler", async () => {
    const app = await appOf(new MemoryFile(), {
      name: "a.txt",
      inline: true,
      etag: "mine",
      modified: 0,
      cache: { maxAge: "1h", shared: true },
    });
    const { headers } = await app.fetch("/a", { method: "HEAD" });
    assert.deepEqual(
      ["etag", "last-modified", "cache-control", "content-type", "content-disposition"].map((name) => headers.get(name)),
      [
        '"mine"',
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "public, max-age=3600",
        "text/plain; charset=utf-8",
        `inline; filename="a.txt"; filename*=UTF-8''a.txt`,
      ],
    );
  });

  it("whose size cannot be one is a 500, and is closed", async () => {
    for (const size of [-1, 1.5, Number.NaN, Infinity]) {
      let closed = 0;
      const app = await appOf({ size, open: () => assert.fail("opened"), close: () => void closed++ });
      assert.equal((await app.fetch("/a")).status, 500);
      assert.equal(closed, 1);
    }
  });

  it("that cannot be opened is a 500, and is closed", async () => {
    for (const open of [() => Promise.reject(new Error("gone")), (): never => assert.fail("gone")]) {
      let closed = 0;
      const app = await appOf({ size: 1, open, close: () => void closed++ });
      assert.equal((await app.fetch("/a")).status, 500);
      assert.ok(closed > 0);
    }
  });

  it("may be opened later", async () => {
    const file = new MemoryFile();
    const later: FileSource = { size: file.size, open: (part) => Promise.resolve(file.open(part)), close: () => file.close() };
    const answer = await (await appOf(later)).fetch("/a");
    assert.equal(await answer.text(), TEXT);
    assert.equal(file.closed, 1);
  });

  it("that is still being opened when the client leaves is closed, whether it opens or not", async () => {
    for (const fails of [false, true]) {
      const { opened: asked, open: ask } = gate();
      const { opened: ready, open: makeReady } = gate();
      const { opened: closed, open: close } = gate();
      const file: FileSource = {
        size: 3,
        async open() {
          ask();
          await ready;
          if (fails) throw new Error("gone");
          return Readable.from(["abc"]);
        },
        close,
      };
      const controller = new AbortController();
      const app = await createApp([route.get("/a", { auth: "public" }, () => reply.file(file))]);
      const answer = app.fetch("/a", { signal: controller.signal });
      await asked;
      controller.abort();
      await assert.rejects(answer, { name: "AbortError" });
      makeReady();
      await closed;
    }
  });

  it("that turns out longer or shorter than it said breaks off, and is closed", async () => {
    for (const size of [35, 37]) {
      const file = new MemoryFile();
      const lying: FileSource = {
        size,
        open: () => file.open({ start: 0, end: 36, signal: new AbortController().signal }),
        close: () => file.close(),
      };
      await assert.rejects((await (await appOf(lying)).fetch("/a")).text(), RangeError);
      assert.ok(file.closed > 0);
    }
  });

  it("is closed when its reader stops", async () => {
    const file = new MemoryFile();
    const answer = await get({}, file);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    assert.ok(file.closed > 0);
  });
});

describe("parts of a file", () => {
  it("one: 206 with Content-Range, its own length, and nothing else read", async () => {
    const file = new MemoryFile();
    const answer = await get({ range: "bytes=10-12" }, file);
    assert.equal(await answer.text(), "abc");
    assert.deepEqual(
      [answer.status, answer.headers.get("content-range"), answer.headers.get("content-length"), answer.headers.get("etag")],
      [206, "bytes 10-12/36", "3", '"v1"'],
    );
    assert.deepEqual([file.opened, file.closed], [["10-13"], 1]);
  });

  it("several: multipart/byteranges, as long as it says", async () => {
    const file = new MemoryFile();
    const answer = await get({ range: "bytes=0-1,10-19,-2" }, file);
    const body = await answer.text();
    const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(answer.headers.get("content-type") as string)?.[1] as string;
    assert.deepEqual([answer.status, answer.headers.get("content-range")], [206, null]);
    assert.equal(answer.headers.get("content-length"), String(body.length));
    const part = (range: string, bytes: string): string =>
      `--${boundary}\r\ncontent-type: application/octet-stream\r\ncontent-range: bytes ${range}/36\r\n\r\n${bytes}\r\n`;
    assert.equal(body, `${part("0-1", "01")}${part("10-19", "abcdefghij")}${part("34-35", "yz")}--${boundary}--\r\n`);
    assert.deepEqual([file.opened, file.closed], [["0-2", "10-20", "34-36"], 1]);
  });

  it("none that lies in the file: 416 with its size, nothing opened", async () => {
    const file = new MemoryFile();
    const answer = await get({ range: "bytes=36-" }, file);
    assert.deepEqual([answer.status, answer.headers.get("content-range")], [416, "bytes */36"]);
    assert.equal((await problemOf(answer)).code, "E_HTTP_RANGE_UNSATISFIABLE");
    assert.deepEqual([file.opened, file.closed], [[], 1]);
  });

  for (const [what, headers] of Object.entries({
    "overlapping ones": { range: "bytes=0-9,5-14" },
    "an unknown unit": { range: "lines=0-9" },
    "a version that is gone": { range: "bytes=0-9", "if-range": '"v0"' },
    "a weak tag": { range: "bytes=0-9", "if-range": 'W/"v1"' },
  })) {
    it(`by ${what}: the whole, 200`, async () => {
      const answer = await get(headers);
      assert.deepEqual([answer.status, await answer.text()], [200, TEXT]);
    });
  }

  it("CVE-2023-26108: several, left in the middle, close what is open", async () => {
    const closed: string[] = [];
    const file: FileSource = {
      size: 100_000,
      etag: "e",
      async *open({ start }) {
        try {
          for (;;) yield new Uint8Array(1_000);
        } finally {
          closed.push(`part ${start}`);
        }
      },
      close: () => void closed.push("file"),
    };
    const answer = await (await appOf(file)).fetch("/a", { headers: { range: "bytes=0-49999,60000-99999" } });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    await new Promise(setImmediate);
    assert.deepEqual(closed.toSorted(), ["file", "part 0"]);
  });

  it("are the bytes that a naive reading gives (property)", async () => {
    const app = await appOf();
    const bound = fc.integer({ min: 0, max: 40 });
    await fc.assert(
      fc.asyncProperty(bound, fc.option(bound, { nil: undefined }), async (first, last) => {
        const answer = await app.fetch("/a", { headers: { range: `bytes=${first}-${last ?? ""}` } });
        const text = await answer.text();
        if (last !== undefined && last < first) return assert.equal(answer.status, 200);
        const wanted = TEXT.split("")
          .filter((_, index) => index >= first && (last === undefined || index <= last))
          .join("");
        assert.equal(answer.status, wanted === "" ? 416 : 206);
        if (wanted !== "") assert.equal(text, wanted);
      }),
      { numRuns: 300 },
    );
  });
});
