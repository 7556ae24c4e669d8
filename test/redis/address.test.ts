import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "#src/core/mod";
import { parseAddress } from "#src/redis/address";
import { createRedis } from "#src/redis/create-redis";

describe("the URL of Redis", () => {
  it("gives host, port, database, user, password and TLS", () => {
    assert.deepEqual(parseAddress("rediss://ada:s%40crt%3A@cache.example:6380/12"), {
      host: "cache.example",
      port: 6380,
      tls: true,
      username: "ada",
      password: "s@crt:",
      database: 12,
      label: "cache.example:6380/12",
    });
  });

  it("has port 6379 and database 0 unless it says otherwise", () => {
    for (const url of ["redis://localhost", "redis://localhost/", "redis://localhost:6379/0"])
      assert.equal(parseAddress(url).label, "localhost:6379/0");
  });

  it("takes an IPv6 address, and a password without a user", () => {
    const address = parseAddress("redis://:pass@[::1]:7000");
    assert.deepEqual([address.host, address.port, address.username, address.password], ["::1", 7000, undefined, "pass"]);
  });

  it("is refused when it cannot work, without being repeated in the message", () => {
    for (const url of [
      "",
      "localhost:6379",
      "http://hunter2@host",
      "redis://",
      "redis://u:hunter2@host/first",
      "redis://u:hunter2@host/1/2",
      "redis://u:hunter2@host/-1",
      "redis://u:hunter2%E0%A4%A@host",
      "redis://u:hunter2@host:99999",
    ])
      assert.throws(
        () => parseAddress(url),
        (error: Error & { code?: string }) => error.code === "E_REDIS_URL_INVALID" && !error.message.includes("hunter2"),
        url,
      );
  });

  it("may be a secret", () => {
    assert.equal(createRedis({ url: new Secret("redis://localhost") }).state, "connecting");
    assert.throws(() => createRedis({ url: new Secret("nonsense") }), { code: "E_REDIS_URL_INVALID" });
  });
});

describe("the options of Redis", () => {
  it("must make sense", () => {
    const url = "redis://localhost";
    assert.throws(() => createRedis({ url, prefix: "shop" }), { code: "E_REDIS_OPTIONS_INVALID" });
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => createRedis({ url, commandTimeout: value }), { code: "E_REDIS_OPTIONS_INVALID" });
      assert.throws(() => createRedis({ url, connectTimeout: value }), { code: "E_REDIS_OPTIONS_INVALID" });
      assert.throws(() => createRedis({ url, heartbeat: value }), { code: "E_REDIS_OPTIONS_INVALID" });
    }
  });
});
