import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { HttpServer } from "#src/http/node/server";
import { route } from "#src/http/route";
import { createApp } from "../support.ts";

const CALLERS = 64;
const onlyWhereShared = { skip: process.platform === "linux" ? false : "needs a kernel that shares a port's connections out" };

test("a server takes many new connections in one turn of the event loop, and drains all of them", onlyWhereShared, async () => {
  const { handler } = await createApp([route.get("/a", { auth: "public" }, () => ({ ok: true }))]);
  const server = new HttpServer({ handler });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0, reusePort: true });
  const callers = Array.from({ length: CALLERS }, () => connect({ host: "127.0.0.1", port }));
  await Promise.all(callers.map((caller) => once(caller, "connect")));
  // They are connected to the kernel; the server takes them in as its turns come.
  let turns = 0;
  for (; server.connections < CALLERS && turns < 1_000; turns++) await new Promise(setImmediate);
  assert.equal(server.connections, CALLERS);
  assert.ok(turns < CALLERS / 2, `${turns} turns`);

  const answers = callers.map(async (caller) => {
    caller.write("GET /a HTTP/1.1\r\nhost: a\r\n\r\n");
    const [chunk] = (await once(caller, "data")) as [Buffer];
    return chunk.toString("latin1", 9, 12);
  });
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(["200"]));
  const gone = Promise.all(callers.map((caller) => once(caller, "close")));
  await server.drain(0);
  await gone;
  await assert.rejects(once(connect({ host: "127.0.0.1", port }), "connect"), { code: "ECONNREFUSED" });
});
