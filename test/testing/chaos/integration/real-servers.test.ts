import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { describe, test } from "node:test";
import { createFaultyProxy } from "#src/testing/chaos/faulty-proxy";
import { findService } from "#src/testing/services/find-service";
import { openRedis, openSql } from "#src/testing/services/sessions";
import { testEngines } from "#src/testing/services/test-engines";

describe("faulty proxy before a real server", () => {
  testEngines(
    "loses the answer to a commit that was carried out",
    async ({ engine, url }) => {
      assert.ok(engine !== "sqlite");
      await using proxy = await createFaultyProxy({ to: url });
      await using direct = await openSql(engine, url);
      await direct.query("CREATE TABLE t (id int)");
      const client = await openSql(engine, proxy.url(url));
      await client.query("BEGIN");
      await client.query("INSERT INTO t VALUES (7)");
      assert.deepEqual([...(await direct.query("SELECT * FROM t"))], []);
      await proxy.dropAfter(0);
      await assert.rejects(client.query("COMMIT"));
      // The server answered before the answer was lost.
      assert.equal((await direct.query("SELECT id FROM t"))[0]?.["id"], 7);
      assert.equal(proxy.open, 0);
    },
    ["postgres", "mysql"],
  );

  testEngines(
    "cuts a commit before the server has heard the whole of it",
    async ({ engine, url }) => {
      assert.ok(engine !== "sqlite");
      await using proxy = await createFaultyProxy({ to: url });
      await using direct = await openSql(engine, url);
      await direct.query("CREATE TABLE t (id int)");
      const client = await openSql(engine, proxy.url(url));
      await client.query("BEGIN");
      await client.query("INSERT INTO t VALUES (7)");
      await proxy.dropAfter(3, "up");
      await assert.rejects(client.query("COMMIT"));
      await direct.query("INSERT INTO t VALUES (8)");
      assert.deepEqual(
        (await direct.query("SELECT id FROM t")).map(({ id }) => id),
        [8],
      );
    },
    ["postgres", "mysql"],
  );

  test("hangs in the middle of a connection to Redis, and goes on", async (t) => {
    const { url, missing } = await findService("redis");
    if (missing !== undefined) return t.skip(missing);
    await using proxy = await createFaultyProxy({ to: url });
    const client = await openRedis(proxy.url(url));
    await proxy.hang();
    let answered = false;
    const answer = client.ping().then((text) => {
      answered = true;
      return text;
    });
    // The server itself answers meanwhile.
    const socket = connect(Number(new URL(url).port) || 6_379, new URL(url).hostname);
    socket.write("PING\r\n");
    await once(socket, "data");
    socket.destroy();
    assert.equal(answered, false);
    await proxy.pass();
    assert.equal(await answer, "PONG");
    client.destroy();
  });
});
