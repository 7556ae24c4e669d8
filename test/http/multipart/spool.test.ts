import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, it } from "node:test";
import { collectBytes } from "#src/http/body/byte-collector";
import type { FormFile } from "#src/http/multipart/declaration";
import { Spool } from "#src/http/multipart/spool";
import { chunked, codeOf } from "./support.ts";

const partOf = (stream: AsyncIterable<Uint8Array>): FormFile => ({
  kind: "file",
  name: "f",
  filename: "a.bin",
  type: "application/octet-stream",
  declaredType: "image/png",
  stream,
});

/** Temporary files of uploads, with a name or only open. */
function leftovers(): { readonly names: readonly string[]; readonly open: number } {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith("plinth-upload-"));
  const open = readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes("plinth-upload-");
    } catch {
      return false; // the listing's own
    }
  });
  return { names, open: open.length };
}
const NOTHING = { names: [], open: 0 };
const onLinux = { skip: process.platform === "linux" ? false : "needs /proc" };

describe("an uploaded file", () => {
  for (const [where, size] of [
    ["in memory", 1_000],
    ["in a temporary file", 300_000],
  ] as const) {
    it(`is what was sent, as often as it is read: ${where}`, async () => {
      const bytes = randomBytes(size);
      const spool = new Spool(1_000);
      const file = await spool.take(partOf(chunked(bytes, 7_001)));
      assert.deepEqual([file.size, file.field, file.filename, file.declaredType], [size, "f", "a.bin", "image/png"]);
      const first = await file.bytes();
      assert.deepEqual(first, bytes);
      first.fill(0);
      assert.deepEqual(await file.bytes(), bytes);
      const [one, two] = await Promise.all([collectBytes(file.stream()), collectBytes(file.stream())]);
      assert.deepEqual(one, bytes);
      assert.deepEqual(two, bytes);
      await spool.close();
    });

    it(`is gone when its request has ended: ${where}`, async () => {
      const spool = new Spool(1_000);
      const file = await spool.take(partOf(chunked(randomBytes(size), 7_001)));
      const reading = file.stream()[Symbol.asyncIterator]();
      assert.equal((await reading.next()).done, false);
      await spool.close();
      if (size > 65_536) await assert.rejects(reading.next(), { code: "E_HTTP_UPLOAD_GONE" });
      assert.equal(await codeOf(file.bytes()), "E_HTTP_UPLOAD_GONE");
    });
  }

  it("has no name on the disk, and is closed with its request", onLinux, async () => {
    const spool = new Spool(10);
    await spool.take(partOf(chunked(randomBytes(100), 30)));
    await spool.take(partOf(chunked(randomBytes(100), 30)));
    assert.deepEqual(leftovers(), { names: [], open: 2 });
    await spool.close();
    assert.deepEqual(leftovers(), NOTHING);
  });

  it(
    "lesson: CVE-2025-24033: is closed when its upload fails, or when the request ends before it is whole",
    onLinux,
    async () => {
      const failing = (async function* (): AsyncGenerator<Uint8Array> {
        yield randomBytes(100);
        throw new TypeError("cable");
      })();
      const spool = new Spool(10);
      assert.equal(await codeOf(spool.take(partOf(failing))), "TypeError: cable");
      await spool.close();
      assert.deepEqual(leftovers(), NOTHING);
      for (const at of [0, 1, 2, 3]) {
        const ended = new Spool(10);
        let count = 0;
        const slow = (async function* (): AsyncGenerator<Uint8Array> {
          for (; count < 5; count++) {
            if (count === at) void ended.close();
            yield randomBytes(8);
          }
        })();
        assert.equal(await codeOf(ended.take(partOf(slow))), "E_HTTP_UPLOAD_GONE", `ended at ${at}`);
        assert.ok(count <= at + 1, "no more of it is read");
        await ended.close();
        assert.deepEqual(leftovers(), NOTHING, `ended at ${at}`);
      }
    },
  );

  it("that is empty is empty", async () => {
    const file = await new Spool(10).take(partOf(chunked(new Uint8Array(0), 1)));
    assert.deepEqual([file.size, (await file.bytes()).length], [0, 0]);
  });
});
