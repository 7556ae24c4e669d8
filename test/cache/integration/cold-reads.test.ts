import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createTestRedis } from "#src/testing/services/test-redis";
import { findService } from "#src/testing/services/find-service";
import type { FromCold } from "./cold-worker.ts";

type Done = Extract<FromCold, { readonly kind: "done" }>;

/** Starts processes of two threads each, lets all go at once, and collects what each thread has seen. */
async function readCold(processes: number, redis: object | "none", reads: number): Promise<readonly Done[]> {
  const file = fileURLToPath(new URL("cold-process.ts", import.meta.url));
  const execArgv = process.execArgv.filter((argument) => argument.startsWith("--conditions"));
  const children = Array.from({ length: processes }, () =>
    fork(file, [redis === "none" ? "none" : JSON.stringify(redis), String(reads)], { execArgv }),
  );
  const done: Done[] = [];
  await Promise.all(children.map((child) => once(child, "message")));
  const ends = children.map((child: ChildProcess) => {
    child.on("message", (message: FromCold) => message.kind === "done" && done.push(message));
    return once(child, "exit");
  });
  for (const child of children) child.send("go");
  await Promise.all(ends);
  return done;
}

test("1,000 cold reads over two threads of two processes call one factory", { timeout: 60_000 }, async (t) => {
  const { missing } = await findService("redis");
  if (missing !== undefined) {
    t.skip(missing);
    return;
  }
  await using share = await createTestRedis();
  const done = await readCold(2, { url: share.url, prefix: share.prefix }, 250);
  assert.equal(done.length, 4);
  assert.equal(
    done.reduce((sum, { calls }) => sum + calls, 0),
    1,
  );
  assert.equal(new Set(done.flatMap(({ values }) => values)).size, 1);
});

test("1,000 cold reads over two threads of one process without Redis call one factory", { timeout: 60_000 }, async () => {
  const done = await readCold(1, "none", 500);
  assert.equal(done.length, 2);
  assert.equal(
    done.reduce((sum, { calls }) => sum + calls, 0),
    1,
  );
  assert.equal(new Set(done.flatMap(({ values }) => values)).size, 1);
});
