import assert from "node:assert/strict";
import { once } from "node:events";
import { watch as watchFiles } from "node:fs";
import { test } from "node:test";
import { watch } from "#src/cli/watch";
import { type Home, makeHome } from "../support/home.ts";

/** Counts the calls for what `act` changes, until a change elsewhere that came after them has had its call. */
async function countCalls(home: Home, act: (watcher: { close(): void }) => void | Promise<void>): Promise<number> {
  using elsewhere = makeHome();
  let count = 0;
  const watcher = watch(home.folder, () => {
    count += 1;
  });
  await act(watcher);
  const later = Promise.withResolvers<void>();
  const other = watch(elsewhere.folder, later.resolve);
  elsewhere.write("app.ts", "");
  await later.promise;
  other.close();
  watcher.close();
  return count;
}

test("a burst of changes is one call", async () => {
  using home = makeHome({ "app.ts": "" });
  const calls = await countCalls(home, () => {
    for (let index = 0; index < 20; index += 1) home.write(`file-${index}.ts`, "");
  });
  assert.equal(calls, 1);
});

test("what is ignored calls nobody, though it changes with the rest", async () => {
  using home = makeHome({ "data/a.json": "", "lib/a.ts": "" });
  assert.equal(await countCalls(home, () => home.write("data/a.json", "changed")), 0);
  assert.equal(await countCalls(home, () => home.write("README.md", "")), 0);
  assert.equal(await countCalls(home, () => home.write("lib/a.ts", "changed")), 1);
});

test("a change just before the end calls nobody after it", async () => {
  using home = makeHome({ "app.ts": "" });
  const calls = await countCalls(home, async (watcher) => {
    const raw = watchFiles(home.folder);
    const seen = once(raw, "change"); // told after the watcher, which was there first
    home.write("app.ts", "changed");
    await seen;
    raw.close();
    watcher.close();
  });
  assert.equal(calls, 0);
});
