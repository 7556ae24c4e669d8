import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "#src/testing/test-server";

const SHOP = new URL("../../support/apps/shop.ts", import.meta.url);

describe("server under test", () => {
  test("is the real program on free ports, and ends with exit code 0", async () => {
    await using server = await startServer({ app: fileURLToPath(SHOP), threads: 1, env: { GREETING: "moin" } });
    assert.equal(await (await fetch(`${server.url}/greeting`)).text(), "moin 1mb");
    assert.equal(await (await fetch(`${server.adminUrl}/readyz`)).text(), "ready\n");
    assert.equal((await server.log.waitFor("request"))["route"], "/greeting");
    assert.equal(await server.stop(), 0);
    assert.equal(await server.exited, 0);
    await assert.rejects(fetch(server.url));
  });

  test("takes its configuration from the folder that it is given", async () => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-folder-"));
    mkdirSync(join(folder, "config"));
    writeFileSync(join(folder, "config", "test.json"), `{ "greeting": "from a file" }`);
    await using server = await startServer({ app: SHOP.href, threads: 0, folder });
    assert.equal(await (await fetch(`${server.url}/greeting`)).text(), "from a file 1mb");
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  test("gets nothing of the test's own environment", async () => {
    process.env["GREETING"] = "from the test";
    try {
      await using server = await startServer({ app: SHOP, threads: 0 });
      assert.equal(await (await fetch(`${server.url}/greeting`)).text(), "hello 1mb");
    } finally {
      delete process.env["GREETING"];
    }
  });

  test("is stopped at the end of its block", async () => {
    let url = "";
    {
      await using server = await startServer({ app: SHOP, threads: 0 });
      url = server.url;
      assert.equal((await fetch(`${url}/greeting`)).status, 200);
    }
    await assert.rejects(fetch(`${url}/greeting`));
  });

  test("can be killed, and says by which signal it ended", async () => {
    await using server = await startServer({ app: SHOP, threads: 1 });
    await server.kill();
    assert.equal(await server.exited, 128 + 9);
    assert.equal(server.log.find("stopping"), undefined);
  });

  test("that does not start is an error with its exit code and what it printed", async () => {
    await assert.rejects(startServer({ app: "no/such/app.ts" }), {
      code: "E_TESTING_SERVER_FAILED",
      message: /ended with exit code 1 before it was ready[\s\S]*E_APP_MODULE_MISSING/,
    });
  });
});
