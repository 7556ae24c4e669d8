import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { codeOf, readTextFile } from "#src/config/read-text-file";
import { makeFolder } from "./support/folder.ts";

describe("readTextFile", () => {
  test("reads UTF-8 and leaves line ends alone", (t) => {
    const path = join(makeFolder(t, { a: "ä\r\nb\n" }), "a");
    assert.deepEqual(readTextFile(path, 100), { text: "ä\r\nb\n" });
  });

  test("removes a byte order mark", (t) => {
    assert.deepEqual(readTextFile(join(makeFolder(t, { a: "\ufeffb" }), "a"), 100), { text: "b" });
  });

  test("tells a missing file from a refused one", (t) => {
    const folder = makeFolder(t);
    assert.equal(readTextFile(join(folder, "none"), 100), "missing");
    mkdirSync(join(folder, "folder"));
    symlinkSync("loop", join(folder, "loop"));
    assert.deepEqual(readTextFile(join(folder, "folder"), 100), { refused: "is not a regular file" });
    assert.deepEqual(readTextFile(join(folder, "loop"), 100), { refused: "cannot be opened (ELOOP)" });
    assert.deepEqual(readTextFile(join(folder, "a\0b"), 100), { refused: "cannot be opened (ERR_INVALID_ARG_VALUE)" });
  });

  test("refuses a device without end", () =>
    assert.deepEqual(readTextFile("/dev/zero", 100), { refused: "is not a regular file" }));

  test("reads exactly as much as allowed", (t) => {
    const folder = makeFolder(t, { fits: "x".repeat(2_048), large: "x".repeat(2_049) });
    assert.deepEqual(readTextFile(join(folder, "fits"), 2_048), { text: "x".repeat(2_048) });
    assert.deepEqual(readTextFile(join(folder, "large"), 2_048), { refused: "is larger than 2kb" });
  });

  test("refuses bytes that are no text", (t) => {
    const folder = makeFolder(t, { nul: "a\0b", latin: Uint8Array.of(0x61, 0xe4, 0x62) });
    assert.deepEqual(readTextFile(join(folder, "nul"), 100), { refused: "holds a NUL byte" });
    assert.deepEqual(readTextFile(join(folder, "latin"), 100), { refused: "is not UTF-8" });
  });
});

test("codeOf names the system's code and nothing of the message", () => {
  assert.equal(codeOf(Object.assign(new Error("hunter2"), { code: "EACCES" })), "EACCES");
  assert.equal(codeOf(new Error("hunter2")), "unknown error");
  assert.equal(codeOf("hunter2"), "unknown error");
});
