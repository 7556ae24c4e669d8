import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandFinished } from "#src/redis/channels";
import { defineScript } from "#src/redis/script";
import { createTestRedis } from "#src/testing/services/test-redis";
import { findService } from "#src/testing/services/find-service";
import { openRedis } from "../support.ts";

const service = await findService("redis");
const skip = service.missing ?? false;
const url = service.url as string;

const echo = defineScript({ name: "echo", source: "return { KEYS[1], ARGV[1] }" });

describe("commands of Redis", { skip }, () => {
  it("answers with texts, numbers, lists and nothing", async () => {
    await using share = await createTestRedis();
    await using redis = await openRedis({ url, prefix: share.prefix });
    const key = `${redis.prefix}list`;
    assert.equal(await redis.command(["GET", key]), null);
    assert.equal(await redis.command(["RPUSH", key, "a", 2, Buffer.from("c")]), 3);
    assert.deepEqual(await redis.command(["LRANGE", key, 0, -1]), ["a", "2", "c"]);
    assert.equal(await redis.command(["PING"]), "PONG");
  });

  it("keeps bytes as they are", async () => {
    await using share = await createTestRedis();
    await using redis = await openRedis({ url, prefix: share.prefix });
    const key = `${redis.prefix}bytes`;
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    await redis.command(["SET", key, all]);
    const reply = await redis.command<Buffer>(["GET", key], { bytes: true });
    assert.deepEqual(new Uint8Array(reply), all);
    await redis.command(["SET", key, all.subarray(10, 20)]);
    assert.equal((await redis.command<Buffer>(["GET", key], { bytes: true })).length, 10);
  });

  it("tells what the server refused, with the command and the reply", async () => {
    await using share = await createTestRedis();
    await using redis = await openRedis({ url });
    const key = `${share.prefix}text`;
    await redis.command(["SET", key, "x"]);
    await assert.rejects(redis.command(["INCR", key]), (error: Error & { code?: string }) => {
      assert.equal(error.code, "E_REDIS_REPLY_ERROR");
      assert.match(error.message, /INCR.*not an integer/);
      assert.ok(error.cause instanceof Error);
      return true;
    });
    assert.equal(await redis.command(["GET", key]), "x");
  });

  it("runs a script by its hash, and teaches it to a server that does not know it", async () => {
    await using redis = await openRedis({ url });
    const own = defineScript({ name: "own", source: `return { KEYS[1], ARGV[1] } -- ${Math.random()}` });
    assert.deepEqual(await redis.script(own, ["key"], [7]), ["key", "7"]);
    assert.deepEqual(await redis.command(["SCRIPT", "EXISTS", own.hash]), [1]);
    assert.deepEqual(await redis.script(own, ["key"], ["again"]), ["key", "again"]);
  });

  it("tells a script's own error, not an unknown script", async () => {
    await using redis = await openRedis({ url });
    const failing = defineScript({ name: "failing", source: `return redis.error_reply("MINE no good")` });
    for (const _ of [1, 2])
      await assert.rejects(redis.script(failing, [], []), { code: "E_REDIS_REPLY_ERROR", message: /script failing.*MINE/ });
  });

  it("is announced: names, never arguments", async () => {
    await using redis = await openRedis({ url });
    const seen: { name: string; ms: number; error: Error | undefined }[] = [];
    const unsubscribe = commandFinished.subscribe((message) => seen.push(message));
    try {
      await redis.command(["echo", "hunter2"]);
      await redis.script(echo, ["k"], ["v"]);
      await assert.rejects(redis.command(["NOSUCHCOMMAND", "hunter2"]));
    } finally {
      unsubscribe();
    }
    assert.deepEqual([...new Set(seen.map(({ name }) => name))], ["ECHO", "script echo", "NOSUCHCOMMAND"]);
    assert.ok(seen.every(({ ms }) => ms >= 0));
    assert.ok(seen.at(-1)?.error instanceof Error);
  });

  it("gives up at once when its signal is aborted already, and later when it is aborted later", async () => {
    await using redis = await openRedis({ url });
    const reason = new Error("client left");
    await assert.rejects(redis.command(["PING"], { signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const pending = redis.command(["PING"], { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(pending, reason);
    assert.equal(await redis.command(["ECHO", "mine"]), "mine");
  });

  it("never hands a command the reply of another, whichever are given up", async () => {
    await using redis = await openRedis({ url, commandTimeout: 10_000 });
    let answered = 0;
    let abandoned = 0;
    const work = async (worker: number): Promise<void> => {
      for (let call = 0; call < 1_250; call += 1) {
        const nonce = `${worker}-${call}-${Math.random()}`;
        const controller = new AbortController();
        const giveUp = Math.random();
        const pending =
          call % 2 === 0
            ? redis.command<string>(["ECHO", nonce], { signal: controller.signal, ...(giveUp < 0.2 ? { timeout: 1 } : {}) })
            : redis.script<string[]>(echo, [nonce], [nonce], { signal: controller.signal });
        if (giveUp < 0.3) controller.abort();
        else if (giveUp < 0.5) setImmediate(() => controller.abort());
        else if (giveUp < 0.7) void Promise.resolve().then(() => controller.abort());
        try {
          const reply = await pending;
          assert.deepEqual(reply, call % 2 === 0 ? nonce : [nonce, nonce]);
          answered += 1;
        } catch (error) {
          const { name, code } = error as { name: string; code?: unknown };
          if (name !== "AbortError" && code !== "E_REDIS_TIMEOUT") throw error;
          abandoned += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, worker) => work(worker)));
    assert.equal(answered + abandoned, 10_000);
    assert.ok(answered > 1_000 && abandoned > 1_000, `${answered} answered, ${abandoned} abandoned`);
  });
});
