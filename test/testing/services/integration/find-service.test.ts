import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, test } from "node:test";
import { createFaultyProxy } from "#src/testing/chaos/faulty-proxy";
import type { ServiceName } from "#src/testing/services/contract";
import { findService, searchService } from "#src/testing/services/find-service";
import { openRedis, openSql, probe } from "#src/testing/services/sessions";

const SERVICES: readonly (readonly [ServiceName, string, string])[] = [
  ["postgres", "TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:1/postgres"],
  ["mysql", "TEST_MYSQL_URL", "mysql://root@127.0.0.1:1"],
  ["redis", "TEST_REDIS_URL", "redis://127.0.0.1:1"],
];

for (const [name, variable, dead] of SERVICES) {
  describe(`search for ${name}`, () => {
    test("uses the server that the variable names", async (t) => {
      const { url, missing } = await findService(name);
      if (missing !== undefined) return t.skip(missing);
      const named = url.includes("?") ? url : `${url}${name === "redis" ? "/0" : "?application_name=x"}`;
      const usable = name === "mysql" ? url : named;
      assert.deepEqual(await searchService(name, { [variable]: usable, TEST_SERVERS: "named" }), { url: usable });
    });

    test("fails when the variable names a server that is not there, instead of skipping", async () => {
      await assert.rejects(searchService(name, { [variable]: dead }), (error: Error) => {
        assert.equal((error as { code?: unknown }).code, "E_TESTING_SERVICE_UNREACHABLE");
        assert.match(error.message, new RegExp(`${variable} .*ECONNREFUSED.*unset it`));
        assert.ok(error.cause instanceof Error);
        return true;
      });
    });

    test("says what is missing and what to do, when only named servers may be used", async () => {
      for (const environment of [{}, { [variable]: "" }]) {
        const { url, missing } = await searchService(name, { ...environment, TEST_SERVERS: "named" });
        assert.equal(url, undefined);
        assert.match(
          missing,
          new RegExp(`^no .* found. ${variable} is not set. Set the variable, or start a server at [a-z]+://`),
        );
      }
    });

    test("answers the same for the whole process", async () => {
      assert.equal(await findService(name), await findService(name));
    });
  });
}

describe("search", () => {
  test("starts a server of its own, once, that works", async (t) => {
    const { url, missing } = await searchService("redis", { TEST_SERVERS: "own" });
    if (missing !== undefined) return t.skip(missing);
    const client = await openRedis(url);
    assert.equal(await client.ping(), "PONG");
    assert.notEqual(new URL(url).port, "6379");
    client.destroy();
  });

  test("names the programs that are not on the PATH", async () => {
    const { PATH } = process.env;
    process.env["PATH"] = "/nowhere";
    try {
      const { missing } = await searchService("redis", { TEST_SERVERS: "own" });
      assert.match(missing ?? "", /TEST_REDIS_URL is not set\. No program "redis-server" is on the PATH\. Install it\./);
    } finally {
      process.env["PATH"] = PATH;
    }
  });

  test("refuses a value of TEST_SERVERS that it does not know", async () => {
    await assert.rejects(searchService("redis", { TEST_SERVERS: "none" }), {
      code: "E_TESTING_SERVERS_UNKNOWN",
      message: /TEST_SERVERS is "none". Set it to any, own or named/,
    });
  });
});

describe("probe", () => {
  for (const [name] of SERVICES) {
    test(`of ${name} does not take another kind of server for it`, async () => {
      const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      await assert.rejects(probe(name, `${name}://root@127.0.0.1:${port}/`), Error);
      server.close();
    });

    test(`of ${name} does not wait for a server that hangs`, async () => {
      await using proxy = await createFaultyProxy({ to: { host: "127.0.0.1", port: 1 } });
      await proxy.hang();
      const start = performance.now();
      await assert.rejects(probe(name, `${name}://root@127.0.0.1:${proxy.port}/`), Error);
      assert.ok(performance.now() - start < 10_000);
    });
  }

  test("tells a wrong password from a server that is not there", async (t) => {
    const { url, missing } = await findService("mysql");
    if (missing !== undefined) return t.skip(missing);
    const wrong = new URL(url);
    wrong.username = "plinth_nobody";
    wrong.password = "wrong";
    await assert.rejects(probe("mysql", wrong.href), /Access denied/);
  });

  test("of a database leaves no connection behind", async (t) => {
    const { url, missing } = await findService("postgres");
    if (missing !== undefined) return t.skip(missing);
    const named = `${url}?application_name=plinth_probe_${process.pid}`;
    await probe("postgres", named);
    await using session = await openSql("postgres", url);
    const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'plinth_probe_${process.pid}'`;
    const count = async (): Promise<unknown> => (await session.query(sql))[0]?.["n"];
    const late = performance.now() + 5_000;
    while ((await count()) !== 0) assert.ok(performance.now() < late, "the connection is still there");
  });
});
