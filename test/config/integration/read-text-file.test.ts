import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { readTextFile } from "#src/config/read-text-file";
import { makeFolder } from "../support/folder.ts";

test("a named pipe without a writer is refused at once and does not hang the boot", (t) => {
  const path = join(makeFolder(t), "pipe");
  execFileSync("mkfifo", [path]);
  assert.deepEqual(readTextFile(path, 100), { refused: "is not a regular file" });
});
