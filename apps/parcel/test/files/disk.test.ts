import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { createId } from "plinth/core";
import { Disk } from "../../files/disk.ts";
import { TestData } from "../support/parcel.ts";

const FOLDER = "files";
const HOUR = 3_600;

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("the first half");
  throw new Error("the client left");
}

async function readAll(disk: Disk, id: string, size: number): Promise<string> {
  const file = await disk.read(id, size);
  const part = { start: 0, end: size, signal: new AbortController().signal };
  let text = "";
  for await (const chunk of await file.open(part)) text += Buffer.from(chunk).toString();
  file.close?.();
  return text;
}

async function open(data: TestData): Promise<Disk> {
  const disk = new Disk(join(data.path, FOLDER));
  await disk.start();
  return disk;
}

describe("the disk", () => {
  test("keeps what it is given, and says its size and hash", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    const id = createId();
    const stored = await disk.write(id, chunks("hello ", "", "world"));
    assert.deepEqual(stored, { size: 11, hash: createHash("sha256").update("hello world").digest("hex") });
    assert.deepEqual(
      data.stored.map((path) => readFileSync(path, "utf8")),
      ["hello world"],
    );
    assert.deepEqual(data.incoming, []);
    assert.equal(await readAll(disk, id, 11), "hello world");
  });

  test("gives no file that is not as long as it was", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    const id = createId();
    await disk.write(id, chunks("hello"));
    for (const size of [0, 4, 6]) await assert.rejects(disk.read(id, size), /has 5 bytes instead of/);
  });

  for (const code of ["ENOSPC", "EDQUOT", "EFBIG"]) {
    test(`says that it is full, for ${code}, with what the system said, and keeps nothing`, async () => {
      await using data = await TestData.open();
      const disk = await open(data);
      const cause = Object.assign(new Error("no room"), { code });
      async function* filling(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("the first half");
        throw cause; // as writing does
      }
      await assert.rejects(disk.write(createId(), filling()), { code: "E_PARCEL_STORAGE_FULL", status: 507, cause });
      assert.deepEqual([data.incoming, data.stored], [[], []]);
    });
  }

  test("keeps an empty file", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    const id = createId();
    assert.equal((await disk.write(id, chunks())).size, 0);
    assert.equal(await readAll(disk, id, 0), "");
  });

  test("lets nobody else on the machine read files", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    await disk.write(createId(), chunks("private"));
    assert.equal(statSync(data.stored[0] as string).mode & 0o077, 0);
  });

  test("leaves nothing of a body that breaks off, and says why", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    await assert.rejects(disk.write(createId(), breaking()), /the client left/);
    assert.deepEqual([data.incoming, data.stored], [[], []]);
  });

  test("leaves nothing when the file cannot be put into its place", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    const id = createId();
    writeFileSync(join(data.path, FOLDER, id.slice(-2)), "a file where a folder should be");
    await assert.rejects(disk.write(id, chunks("hello")), { code: "EEXIST" });
    assert.deepEqual(data.incoming, []);
  });

  test("never writes over a part that is being written", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    const id = createId();
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    async function* waiting(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("first");
      started.resolve();
      await gate.promise;
    }
    const first = disk.write(id, waiting());
    await started.promise;
    await assert.rejects(disk.write(id, chunks("second")), { code: "EEXIST" });
    gate.resolve();
    await first;
    assert.equal(await readAll(disk, id, 5), "first");
  });

  test("removes a file, and does not mind one that is gone", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    const id = createId();
    await disk.write(id, chunks("hello"));
    await disk.remove(id);
    await disk.remove(id);
    assert.deepEqual(data.stored, []);
    await assert.rejects(disk.read(id, 5), /are gone/);
  });

  test("is not well when its folder is gone", async () => {
    await using data = await TestData.open();
    const disk = await open(data);
    await disk.check();
    rmSync(join(data.path, FOLDER), { recursive: true });
    await assert.rejects(disk.check(), { code: "ENOENT" });
  });
});

describe("parts that a dead process left behind", () => {
  /** What remains of a part that was last written to so many seconds ago. */
  async function remains(secondsAgo: number): Promise<readonly string[]> {
    await using data = await TestData.open();
    const part = join(data.path, FOLDER, "incoming", "part");
    mkdirSync(dirname(part), { recursive: true });
    writeFileSync(part, "half");
    const time = Date.now() / 1_000 - secondsAgo;
    utimesSync(part, time, time);
    await open(data);
    return data.incoming;
  }

  test("are swept after an hour", async () => {
    assert.deepEqual(await remains(HOUR + 60), []);
  });

  test("are left alone before: another process may be writing them", async () => {
    assert.deepEqual(await remains(HOUR - 60), ["part"]);
    assert.deepEqual(await remains(0), ["part"]);
  });

  test("may be gone before they are looked at: another thread swept or moved them", async () => {
    await using data = await TestData.open();
    const incoming = join(data.path, FOLDER, "incoming");
    mkdirSync(incoming, { recursive: true });
    // Listed, but not there.
    symlinkSync("nowhere", join(incoming, "gone"));
    writeFileSync(join(incoming, "stale"), "half");
    utimesSync(join(incoming, "stale"), 0, 0);
    await open(data);
    assert.deepEqual(data.incoming, ["gone"]);
  });
});
