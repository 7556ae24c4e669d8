import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { dirname } from "node:path";
import { describe, test } from "node:test";
import { answers, requireBinary, requireService } from "../services.ts";

describe("services for tests", () => {
  test("the environment's address wins and is not probed", async () => {
    const url = "postgres://nobody@192.0.2.1:1/none";
    assert.deepEqual(await requireService("postgres", { TEST_POSTGRES_URL: url }), { url, skip: false });
  });

  test("an empty variable counts as none", async () => {
    const outcome = await requireService("s3", { TEST_S3_URL: "" });
    assert.deepEqual(outcome, { url: undefined, skip: "TEST_S3_URL is not set" });
  });

  for (const name of ["postgres", "mysql", "redis"] as const) {
    test(`${name} is taken where its standard port answers, and missed with a reason where not`, async () => {
      const outcome = await requireService(name, {});
      const port = { postgres: 5432, mysql: 3306, redis: 6379 }[name];
      if (await answers("127.0.0.1", port)) assert.match(outcome.url ?? "", new RegExp(`:${port}(/|$)`));
      else assert.match(outcome.skip || "", new RegExp(`_URL is not set and nothing answers on 127\\.0\\.0\\.1:${port}$`));
    });
  }

  test("a probe knows a listening port from a closed one", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    assert.equal(await answers("127.0.0.1", port), true);
    server.close();
    await once(server, "close");
    assert.equal(await answers("127.0.0.1", port), false);
  });

  test("a program is found on the PATH, and a missing one is named", () => {
    const found = requireBinary("node", { PATH: `/nonexistent::${dirname(process.execPath)}` });
    assert.equal(found.path, process.execPath);
    const missing = requireBinary("no-such-program", { PATH: "/usr/bin" });
    assert.deepEqual(missing, { path: undefined, skip: "there is no no-such-program on the PATH" });
    assert.equal(requireBinary("node", {}).path, undefined);
  });
});
