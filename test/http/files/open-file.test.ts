import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { FileSource } from "#src/http/files/file-source";
import { openFile } from "#src/http/files/open-file";
import { collectGarbage } from "../../support/collect-garbage.ts";

const folder = mkdtempSync(join(tmpdir(), "plinth-open-file-"));
after(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string): string => join(folder, name);
const { signal } = new AbortController();
const LONG_AGO = new Date("2020-01-01T00:00:00.500Z");

async function opened(path: string): Promise<FileSource> {
  const file = await openFile(path);
  assert.ok(file !== undefined, `${path} is not there`);
  return file;
}

async function read(file: FileSource, start = 0, end = file.size): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await file.open({ start, end, signal })) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("latin1");
}

describe("a file on disk", () => {
  it("says its size, time and tag, and gives any part", async () => {
    const path = inFolder("a.txt");
    writeFileSync(path, "hello world");
    utimesSync(path, LONG_AGO, LONG_AGO);
    const file = await opened(path);
    assert.deepEqual([file.size, Number(file.modified)], [11, LONG_AGO.getTime()]);
    assert.match(file.etag as string, /^(?:W\/)?"[\w-]+"$/);
    assert.equal(await read(file), "hello world");
    assert.equal(await read(file, 6, 9), "wor");
    assert.equal(await read(file, 3, 3), "");
    file.close?.();
    file.close?.();
  });

  it("longer than one read is given whole", async () => {
    const path = inFolder("long");
    const text = Array.from({ length: 200_000 }, (_, index) => String.fromCharCode(97 + (index % 23))).join("");
    writeFileSync(path, text);
    const file = await opened(path);
    assert.equal(await read(file), text);
    assert.equal(await read(file, 65_535, 131_074), text.slice(65_535, 131_074));
    file.close?.();
  });

  it("that was written to just now has a weak tag: it may be written to again unseen", async () => {
    const path = inFolder("young");
    writeFileSync(path, "a");
    const file = await opened(path);
    assert.match(file.etag as string, /^W\//);
    file.close?.();
  });

  it("has another tag when it was written to, also when its time was set back", async () => {
    const path = inFolder("changing");
    const tags = new Set<unknown>();
    for (const text of ["one", "two"]) {
      writeFileSync(path, text);
      utimesSync(path, LONG_AGO, LONG_AGO);
      const file = await opened(path);
      tags.add(file.etag);
      file.close?.();
    }
    assert.equal(tags.size, 2);
  });

  it("is itself to the end when another takes its place, or none", async () => {
    const path = inFolder("replaced");
    writeFileSync(path, "old");
    const file = await opened(path);
    writeFileSync(`${path}.new`, "newer");
    renameSync(`${path}.new`, path);
    assert.equal(await read(file), "old");
    rmSync(path);
    assert.equal(await read(file), "old");
    file.close?.();
  });

  for (const [what, change] of Object.entries({
    "is cut": (path: string) => truncateSync(path, 70_000),
    "is emptied": (path: string) => truncateSync(path, 0),
    grows: (path: string) => writeFileSync(path, "x", { flag: "a" }),
    "is written to in place": (path: string) => writeFileSync(path, "y", { flag: "r+" }),
  })) {
    it(`that ${what} while it is read fails before its end`, async () => {
      const path = inFolder(`cut ${what}`);
      writeFileSync(path, "x".repeat(150_000));
      utimesSync(path, LONG_AGO, LONG_AGO);
      const file = await opened(path);
      const chunks = (await file.open({ start: 0, end: file.size, signal })) as AsyncIterable<Uint8Array>;
      let bytes = 0;
      await assert.rejects(async () => {
        for await (const chunk of chunks) {
          if (bytes === 0) change(path);
          bytes += chunk.byteLength;
        }
      }, /was written to while it was sent/);
      assert.ok(bytes < 150_000, "its last bytes are kept back");
      file.close?.();
    });
  }
});

describe("a file that was opened", { skip: process.platform === "linux" ? false : "needs /proc" }, () => {
  /** Files of this test's folder that the process has open. */
  const held = (): number =>
    readdirSync("/proc/self/fd").filter((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(folder);
      } catch {
        return false; // the handle of this very listing
      }
    }).length;
  async function untilNoneIsHeld(): Promise<void> {
    for (let turn = 0; held() > 0; turn++) {
      assert.ok(turn < 500, "a file stays open");
      collectGarbage();
      await new Promise(setImmediate);
    }
  }

  it("and closed while it is read is let go of once the read is over", async () => {
    writeFileSync(inFolder("closing"), "x".repeat(150_000));
    const file = await opened(inFolder("closing"));
    const source = (await file.open({ start: 0, end: file.size, signal })) as AsyncIterable<Uint8Array>;
    const chunks = source[Symbol.asyncIterator]();
    const first = chunks.next();
    file.close?.();
    assert.equal(((await first).value as Uint8Array).length, 65_536);
    await assert.rejects(chunks.next(), /closed/);
    await untilNoneIsHeld();
  });

  it("and forgotten is closed, and does not end the process", async () => {
    writeFileSync(inFolder("forgotten"), "x");
    for (let count = 0; count < 20; count++) await opened(inFolder("forgotten"));
    await untilNoneIsHeld();
  });
});

describe("no file to be sent is", () => {
  it("one that is missing, or whose path cannot be", async () => {
    writeFileSync(inFolder("plain"), "x");
    for (const path of ["missing", "plain/below", "a\0b", "x".repeat(300), ""])
      assert.equal(await openFile(inFolder(path)), undefined, path);
  });

  it("a folder, a device, a pipe or a socket: opening one waits for nobody", async (t) => {
    mkdirSync(inFolder("folder"));
    execFileSync("mkfifo", [inFolder("pipe")]);
    const server = createServer().listen(inFolder("socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    t.after(() => server.close());
    for (const path of [inFolder("folder"), inFolder("pipe"), inFolder("socket"), "/dev/null", "/dev/zero"])
      assert.equal(await openFile(path), undefined, path);
  });

  it("one that we may not read", async (t) => {
    const path = inFolder("forbidden");
    writeFileSync(path, "x");
    chmodSync(path, 0);
    // Root may read everything: it looks as somebody else does.
    const user = process.geteuid?.();
    if (user === 0) {
      chmodSync(inFolder(""), 0o755);
      process.seteuid?.("nobody");
      t.after(() => process.seteuid?.(user));
    }
    assert.equal(await openFile(path), undefined);
  });
});
