import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, createServer } from "node:net";
import { describe, it } from "node:test";
import { stateChanged } from "#src/redis/channels";
import { createRedis } from "#src/redis/create-redis";
import { defineScript } from "#src/redis/script";
import { startOwnServer } from "#src/testing/services/own-server";
import { findSparePort } from "#src/testing/services/spare-port";
import { requireBinary } from "../../support/services.ts";
import { openRedis, whenState } from "../support.ts";

const { skip } = requireBinary("redis-server");

const one = defineScript({ name: "one", source: "return 1 -- for outages" });
const timings = { commandTimeout: 100, connectTimeout: 1_000 };

/** Milliseconds that something took. */
async function clocked(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

describe("Redis that is away", () => {
  it("does not keep the program from starting, fails commands at once, and says where and why", async () => {
    const port = await findSparePort();
    await using redis = await openRedis({ url: `redis://user:hunter2@127.0.0.1:${port}/3`, ...timings });
    assert.equal(redis.state, "down");
    await redis.check?.(new AbortController().signal);
    const took = await clocked(() =>
      assert.rejects(redis.command(["PING"]), (error: Error & { code?: string; status?: number }) => {
        assert.deepEqual([error.code, error.status], ["E_REDIS_UNAVAILABLE", 503]);
        assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}/3.*ECONNREFUSED`));
        assert.ok(!error.message.includes("hunter2"));
        return true;
      }),
    );
    assert.ok(took < 50, `${took} ms`);
  });

  it("fails the start and the check of a program that cannot do without it", async () => {
    const redis = createRedis({ url: `redis://127.0.0.1:${await findSparePort()}`, required: true, ...timings });
    await assert.rejects(async () => redis.start?.(new AbortController().signal), { code: "E_REDIS_UNAVAILABLE" });
    assert.throws(() => redis.check?.(new AbortController().signal), { code: "E_REDIS_UNAVAILABLE" });
    await redis.stop?.(new AbortController().signal);
  });

  it("refuses commands before it is started and after it is stopped", async () => {
    const redis = createRedis({ url: `redis://127.0.0.1:${await findSparePort()}` });
    await assert.rejects(redis.command(["PING"]), { code: "E_REDIS_UNAVAILABLE", message: /not been started/ });
    await assert.rejects(
      redis.subscribe("news", () => undefined),
      { code: "E_REDIS_UNAVAILABLE" },
    );
    await redis.stop?.(new AbortController().signal);
    await assert.rejects(redis.command(["PING"]), { code: "E_REDIS_UNAVAILABLE", message: /stopped/ });
    assert.equal(redis.state, "down");
  });

  it("is found when it comes", { skip }, async () => {
    await using server = await startOwnServer("redis");
    await server.kill();
    await using redis = await openRedis({ url: server.url, ...timings });
    assert.equal(redis.state, "down");
    await server.restart();
    await whenState(redis, "ready");
    assert.equal(await redis.command(["PING"]), "PONG");
  });

  it("refuses a wrong password until it is right", { skip }, async () => {
    await using server = await startOwnServer("redis");
    await using admin = await openRedis({ url: server.url, ...timings });
    await admin.command(["CONFIG", "SET", "requirepass", "hunter2"]);
    const wrong = server.url.replace("//", "//:hunter3@");
    await using refused = await openRedis({ url: wrong, ...timings });
    await assert.rejects(refused.command(["PING"]), { code: "E_REDIS_UNAVAILABLE", message: /WRONGPASS/ });
    await using redis = await openRedis({ url: server.url.replace("//", "//:hunter2@"), ...timings });
    assert.equal(await redis.command(["PING"]), "PONG");
  });

  it("uses the database of its URL", { skip }, async () => {
    await using server = await startOwnServer("redis");
    await using second = await openRedis({ url: `${server.url}/2`, ...timings });
    await using first = await openRedis({ url: server.url, ...timings });
    await second.command(["SET", "key", "second"]);
    assert.equal(await first.command(["GET", "key"]), null);
    assert.equal(await second.command(["GET", "key"]), "second");
  });
});

describe("Redis that goes", { skip }, () => {
  it("fails what was on its way, comes back empty, and learns its scripts anew", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings, commandTimeout: 5_000 });
    const states: string[] = [];
    const unsubscribe = stateChanged.subscribe(({ state }) => states.push(state));
    assert.equal(await redis.script(one, [], []), 1);
    server.pause();
    const pending = assert.rejects(redis.command(["PING"]), { code: "E_REDIS_UNAVAILABLE" });
    const down = whenState(redis, "down");
    await server.kill();
    await pending;
    await down;
    await server.restart();
    await whenState(redis, "ready");
    assert.equal(await redis.script(one, [], []), 1);
    unsubscribe();
    assert.deepEqual(states, ["down", "ready"]);
  });

  it("serves correct replies again and again through ten restarts under load", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings });
    const run = { stop: false, served: 0 };
    const work = async (worker: number): Promise<void> => {
      for (let call = 0; !run.stop; call += 1) {
        try {
          const nonce = `${worker} ${call}`;
          assert.equal(await redis.command(["ECHO", nonce]), nonce);
          run.served += 1;
        } catch (error) {
          if ((error as { status?: unknown }).status !== 503) throw error;
          await new Promise(setImmediate);
        }
      }
    };
    const workers = [work(1), work(2), work(3)];
    for (let round = 0; round < 10; round += 1) {
      const before = run.served;
      await server.kill();
      await server.restart();
      await whenState(redis, "ready");
      while (run.served === before) await new Promise(setImmediate);
    }
    run.stop = true;
    await Promise.all(workers);
    assert.ok(run.served >= 10);
  });
});

describe("Redis that hangs", { skip }, () => {
  it("costs its time-out, is given up after three of them, and is used again when it wakes", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings });
    server.pause();
    for (let call = 0; call < 3; call += 1) {
      assert.equal(redis.state, "ready");
      await assert.rejects(redis.command(["PING"]), { code: "E_REDIS_TIMEOUT", status: 503 });
    }
    assert.equal(redis.state, "down");
    const took = await clocked(() => assert.rejects(redis.command(["PING"]), { code: "E_REDIS_UNAVAILABLE" }));
    assert.ok(took < 50, `${took} ms`);
    server.resume();
    await whenState(redis, "ready");
    assert.equal(await redis.command(["ECHO", "mine"]), "mine");
  });

  it("is not given up for callers in a hurry", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, commandTimeout: 5_000 });
    server.pause();
    for (let call = 0; call < 5; call += 1)
      await assert.rejects(redis.command(["ECHO", "late"], { timeout: 2 }), { code: "E_REDIS_TIMEOUT" });
    server.resume();
    assert.equal(await redis.command(["ECHO", "mine"]), "mine");
    assert.equal(redis.state, "ready");
  });

  it("is found out by the heartbeat when nobody asks", async () => {
    await using server = await startOwnServer("redis");
    await using redis = await openRedis({ url: server.url, ...timings, heartbeat: 50 });
    server.pause();
    await whenState(redis, "down");
    await assert.rejects(redis.command(["PING"]), { message: /no answer to PING|no greeting/ });
    server.resume();
    await whenState(redis, "ready");
    assert.equal(await redis.command(["PING"]), "PONG");
  });

  it("does not hold up a start that it accepts and then says nothing to", async () => {
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => sockets.add(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as { port: number };
    try {
      const redis = createRedis({ url: `redis://127.0.0.1:${port}`, ...timings });
      const took = await clocked(async () => redis.start?.(new AbortController().signal));
      assert.equal(redis.state, "down");
      assert.ok(took < 5_000, `${took} ms`);
      await assert.rejects(redis.command(["PING"]), { code: "E_REDIS_UNAVAILABLE", message: /no greeting within 1000 ms/ });
      await redis.stop?.(new AbortController().signal);
    } finally {
      for (const socket of sockets) socket.destroy();
      mute.close();
    }
  });

  it("waits for replies that are on their way when it is stopped", async () => {
    await using server = await startOwnServer("redis");
    const redis = await openRedis({ url: server.url, ...timings });
    const pending = redis.command(["ECHO", "last"]);
    await redis.stop?.(new AbortController().signal);
    assert.equal(await pending, "last");
  });
});
