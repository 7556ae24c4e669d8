import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startOwnServer } from "#src/testing/services/own-server";
import { requireBinary } from "../../support/services.ts";
import { openRedis, whenState } from "../support.ts";

const { skip } = requireBinary("redis-server");

const timings = { commandTimeout: 200, connectTimeout: 300, heartbeat: 100 };

/** Resolves when a condition holds; looked at whenever the loop turns. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

describe("subscriptions of Redis", { skip }, () => {
  it("delivers to every listener of a channel, in order, until it leaves", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings });
    const seen: string[] = [];
    const leaveOne = await redis.subscribe("news", (message) => seen.push(`one ${message}`));
    const leaveTwo = await redis.subscribe("news", (message) => seen.push(`two ${message}`));
    assert.equal(await redis.command(["PUBLISH", "news", "a"]), 1);
    await until(() => seen.length === 2);
    await leaveOne();
    await redis.command(["PUBLISH", "news", "b"]);
    await until(() => seen.length === 3);
    await leaveTwo();
    await leaveTwo();
    assert.equal(await redis.command(["PUBLISH", "news", "c"]), 0);
    assert.deepEqual(seen, ["one a", "two a", "two b"]);
  });

  it("keeps one listener's error from the others", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings });
    const seen: string[] = [];
    await redis.subscribe("news", () => {
      throw new Error("broken listener");
    });
    await redis.subscribe("news", (message) => seen.push(message));
    await redis.command(["PUBLISH", "news", "a"]);
    await redis.command(["PUBLISH", "news", "b"]);
    await until(() => seen.length === 2);
    assert.deepEqual(seen, ["a", "b"]);
  });

  it("listens again after a restart, and tells that messages may be missing when it goes and when it is back", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings });
    const seen: string[] = [];
    let gaps = 0;
    redis.onGap(() => (gaps += 1));
    await redis.subscribe("news", (message) => seen.push(message));
    await redis.subscribe("more", (message) => seen.push(message));
    assert.equal(gaps, 0);
    await server.kill();
    await until(() => gaps === 1);
    await server.restart();
    await until(() => gaps === 2);
    await whenState(redis, "ready");
    assert.equal(await redis.command(["PUBLISH", "news", "a"]), 1);
    assert.equal(await redis.command(["PUBLISH", "more", "b"]), 1);
    await until(() => seen.length === 2);
    assert.deepEqual(seen, ["a", "b"]);
  });

  it("begins when the server comes, if it was away", async () => {
    await using server = await startOwnServer("redis");
    await server.kill();
    await using redis = await openRedis({ url: server.url, ...timings });
    const seen: string[] = [];
    let gaps = 0;
    redis.onGap(() => (gaps += 1));
    await redis.subscribe("news", (message) => seen.push(message));
    const before = gaps;
    await server.restart();
    await until(() => gaps > before);
    await whenState(redis, "ready");
    await redis.command(["PUBLISH", "news", "a"]);
    await until(() => seen.length === 1);
    assert.deepEqual(seen, ["a"]);
  });

  it("tells a gap when the server hangs, without a command being sent", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings });
    let gaps = 0;
    redis.onGap(() => (gaps += 1));
    await redis.subscribe("news", () => undefined);
    server.pause();
    await until(() => gaps === 1);
    server.resume();
    await until(() => gaps === 2);
    await whenState(redis, "ready");
    assert.equal(await redis.command(["PUBLISH", "news", "a"]), 1);
  });

  it("takes channels that are asked for at the same time, before and while it connects", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings });
    const channels = Array.from({ length: 20 }, (_, index) => `channel ${index}`);
    const seen = new Set<string>();
    await Promise.all(channels.map((channel) => redis.subscribe(channel, (message) => seen.add(message))));
    for (const channel of channels) assert.equal(await redis.command(["PUBLISH", channel, channel]), 1);
    await until(() => seen.size === 20);
    assert.equal(seen.size, 20);
  });
});
