import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openSql, openRedis } from "#src/testing/services/sessions";
import { findService } from "#src/testing/services/find-service";
import { createTestDatabase } from "#src/testing/services/test-database";
import { testEngines } from "#src/testing/services/test-engines";
import { createTestRedis } from "#src/testing/services/test-redis";

describe("test database", () => {
  testEngines(
    "is dropped although a connection holds a transaction open",
    async ({ engine }) => {
      assert.ok(engine !== "sqlite");
      const database = await createTestDatabase(engine);
      const session = await openSql(engine, database.url);
      await session.query("CREATE TABLE t (id int)");
      await session.query("BEGIN");
      await session.query("INSERT INTO t VALUES (1)");
      await database[Symbol.asyncDispose]();
      await assert.rejects(openSql(engine, database.url));
      await assert.rejects(session.query("SELECT * FROM t"));
    },
    ["postgres", "mysql"],
  );
});

describe("test redis", () => {
  test("deletes its own keys and no others", async (t) => {
    const { missing } = await findService("redis");
    if (missing !== undefined) return t.skip(missing);
    await using other = await createTestRedis();
    const client = await openRedis(other.url);
    const own = await createTestRedis();
    await client.set(`${own.prefix}a`, "1");
    await client.set(`${other.prefix}a`, "1");
    await own[Symbol.asyncDispose]();
    assert.equal(await client.exists(`${own.prefix}a`), 0);
    assert.equal(await client.exists(`${other.prefix}a`), 1);
    client.destroy();
  });
});
