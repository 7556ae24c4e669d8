import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findService } from "#src/testing/services/find-service";
import { openRedis } from "#src/testing/services/sessions";
import { createTestRedis } from "#src/testing/services/test-redis";

const { missing } = await findService("redis");

describe("test redis", { skip: missing }, () => {
  test("sweeps what is an hour old, and nothing else", async () => {
    const seconds = Math.floor(Date.now() / 1_000);
    const old = `plinth_test_${seconds - 3_700}_0abc:key:1`;
    const others = [`plinth_test_${seconds - 3_000}_0abc:key:1`, `plinth_test_${seconds - 3_700}_mine:key`];
    const client = await openRedis((await findService("redis")).url ?? "");
    for (const key of [old, ...others]) await client.set(key, "1", { EX: 60 });
    // The first of this process.
    await using _ = await createTestRedis();
    assert.equal(await client.exists(old), 0);
    assert.equal(await client.exists(others), 2);
    await client.del(others);
    client.destroy();
  });

  test("deletes its own keys, however many, and no others", async () => {
    await using other = await createTestRedis();
    const own = await createTestRedis();
    assert.match(own.prefix, /^plinth_test_\d{10}_[0-9a-f]{12}:$/);
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
