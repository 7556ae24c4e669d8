import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { gate, serve, statusesOf } from "../support.ts";

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe("draining", () => {
  it("finishes what is under way, tells the next request to go elsewhere, and cuts nobody", async (t) => {
    const started = gate();
    const result = gate<string>();
    const server = await serve(t, [
      route.get("/slow", { auth: "public" }, () => (started.open(), result.opened)),
      route.get("/fast", { auth: "public" }, () => "fast"),
    ]);
    const busy = await server.open();
    const idle = await server.open();
    idle.send(GET("/fast"));
    await idle.until("fast");
    busy.send(GET("/slow"));
    await started.opened;
    const drained = server.server.drain(20_000);
    idle.send(GET("/fast"));
    const second = await idle.closed();
    assert.deepEqual(statusesOf(second), [200, 200]);
    assert.match(second.slice(second.lastIndexOf("HTTP/1.1")), /connection: close/i);
    result.open("slow");
    await busy.until("slow");
    busy.socket.end();
    await drained;
    assert.deepEqual(statusesOf(busy.received), [200]);
    assert.equal(server.server.connections, 0);
  });

  it("ends in a program that has nothing else to do", async () => {
    const program = fileURLToPath(new URL("../../support/drain-alone.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program]);
    assert.equal(stdout, "drained\n");
  });

  it("takes no new connection", async (t) => {
    const server = await serve(t, []);
    await server.server.drain(1_000);
    await assert.rejects(server.open(), { code: "ECONNREFUSED" });
  });

  it("closes a connection that stays quiet, without cutting the answer to one that does not", async (t) => {
    const server = await serve(t, [route.get("/fast", { auth: "public" }, () => "fast")]);
    const quiet = await server.open();
    const drained = server.server.drain(20_000);
    assert.equal(await quiet.closed(), "");
    await drained;
  });

  for (const [what, pieces] of Object.entries({ whole: [GET("/fast")], "in pieces": GET("/fast").split(/(?<=\r\n)/) })) {
    it(`answers the first request of a connection that was opened long before, sent ${what}`, async (t) => {
      const clock = createFakeClock();
      const server = await serve(t, [route.get("/fast", { auth: "public" }, () => "fast")], {}, { clock });
      const client = await server.open();
      while (server.server.connections === 0) await nextTurn();
      for (let second = 0; second < 5; second++) clock.advance(1_000);
      const drained = server.server.drain(60_000);
      const pass = async (milliseconds: number): Promise<void> => {
        for (let at = 0; at < milliseconds; at += 50) {
          clock.advance(50);
          for (let turn = 0; turn < 5; turn++) await nextTurn();
        }
      };
      for (const piece of pieces) {
        await pass(800);
        client.send(piece);
      }
      await pass(100);
      assert.deepEqual(statusesOf(await client.until("fast")), [200]);
      await pass(1_200);
      await drained;
    });
  }

  it("looks at what has come before it closes, also in a thread that was busy", async (t) => {
    const clock = createFakeClock();
    const server = await serve(t, [route.get("/fast", { auth: "public" }, () => "fast")], {}, { clock });
    const client = await server.open();
    client.send(GET("/fast"));
    await client.until("fast");
    clock.advance(5_000);
    await new Promise<void>((resolve) => {
      client.socket.write(GET("/fast"), () => resolve());
      void server.server.drain(60_000);
    });
    await client.until("Connection: close");
    for (let turn = 0; turn < 100; turn++) {
      clock.advance(50);
      await nextTurn();
    }
    assert.deepEqual(statusesOf(await client.closed()), [200, 200]);
  });

  it("cuts what remains when its time is over", async (t) => {
    const started = gate<AbortSignal>();
    const server = await serve(t, [
      route.get("/never", { auth: "public" }, ({ signal }) => (started.open(signal), new Promise(() => {}))),
    ]);
    const client = await server.open();
    client.send(GET("/never"));
    const signal = await started.opened;
    await server.server.drain(0);
    assert.equal(await client.closed(), "");
    assert.equal(signal.aborted, true);
  });

  it("may be asked for twice, and before listening", async (t) => {
    const server = await serve(t, []);
    await Promise.all([server.server.drain(1_000), server.server.drain(1_000)]);
    assert.equal(server.server.connections, 0);
  });
});
