import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { delay, systemClock } from "#src/core/mod";
import { createRedisStore } from "#src/ratelimit/redis-store";
import { ratePolicy } from "#src/testing/limit-model";
import { type OwnServer, startOwnServer } from "#src/testing/services/own-server";
import { requireBinary } from "../../support/services.ts";
import { openRedis } from "../../redis/support.ts";

const { skip } = requireBinary("redis-server");

interface Hammer {
  /** The next line that it prints. */
  next(): Promise<string>;
  /** Tells it to begin, or to end. */
  nudge(): void;
}

async function startHammer(words: readonly string[]): Promise<Hammer> {
  const conditions = process.execArgv.filter((argument) => argument.startsWith("--conditions"));
  const script = fileURLToPath(new URL("hammer.ts", import.meta.url));
  const child = spawn(process.execPath, [...conditions, script, ...words], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  assert.equal(await next(), "ready");
  return { next, nudge: () => child.stdin.write("\n") };
}

/** Lets two processes hammer one key while something happens. @returns how many calls passed */
async function hammer(server: OwnServer, count: number, happen: () => Promise<void>): Promise<number> {
  const hammers = await Promise.all([1, 2].map(() => startHammer([server.url, String(count)])));
  for (const each of hammers) each.nudge();
  for (const each of hammers) assert.equal(await each.next(), "passing");
  await happen();
  for (const each of hammers) each.nudge();
  const passed = await Promise.all(hammers.map((each) => each.next()));
  return passed.reduce((sum, each) => sum + Number(each), 0);
}

/** How many units of the day are left in Redis, by its own count. */
async function countedIn(server: OwnServer, count: number): Promise<number> {
  await using redis = await openRedis({ url: server.url });
  const store = createRedisStore({ redis });
  const reading = await store.meter(ratePolicy(count, 86_400_000, { name: "hammered" })).peek("caller", 1);
  return count - reading.remaining;
}

describe("limits over two processes of two threads each", { skip }, () => {
  it("let exactly the count through when all hammer one key", async () => {
    await using server = await startOwnServer("redis");
    const passed = await hammer(server, 500, async () => {
      while ((await countedIn(server, 500)) < 500) await delay(systemClock, 20);
    });
    assert.equal(passed, 500);
  });

  it("let no more through than was counted while Redis hangs again and again, in deny mode", async () => {
    await using server = await startOwnServer("redis");
    const passed = await hammer(server, 100_000, async () => {
      // The hangs themselves are what is tested: longer than the time-out of a call (400 ms).
      for (let round = 0; round < 3; round += 1) {
        server.pause();
        await delay(systemClock, 600);
        server.resume();
        await delay(systemClock, 400);
      }
    });
    const counted = await countedIn(server, 100_000);
    // About one is refilled per second.
    assert.ok(passed > 0 && passed <= counted + 60, `${passed} passed, ${counted} counted`);
    assert.ok(counted <= 100_000);
  });
});
