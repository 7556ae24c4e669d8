import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findService } from "#src/testing/services/find-service";
import { openRedis } from "#src/testing/services/sessions";
import { createTestRedis } from "#src/testing/services/test-redis";

const { missing } = await findService("redis");

describe("test redis", { skip: missing }, () => {
  test("deletes its own keys, however many, and no others", async () => {
    await using other = await createTestRedis();
    const own = await createTestRedis();
    assert.notEqual(own.prefix, other.prefix);
    const client = await openRedis(other.url);
    try {
      await client.mSet(Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`${own.prefix}${index}`, "1"])));
      await client.sAdd(`${own.prefix}set`, ["a", "b"]);
      await client.set(`${other.prefix}a`, "1");
      await client.set(`x${own.prefix}a`, "1", { EX: 60 });
      await own[Symbol.asyncDispose]();
      assert.equal(await client.exists([`${own.prefix}0`, `${own.prefix}2999`, `${own.prefix}set`]), 0);
      assert.equal(await client.exists([`${other.prefix}a`, `x${own.prefix}a`]), 2);
      await client.del(`x${own.prefix}a`);
    } finally {
      client.destroy();
    }
  });
});
