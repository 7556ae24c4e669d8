import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadApp } from "#src/app/load-app";

const url = (name: string): string => new URL(`../support/apps/${name}.ts`, import.meta.url).href;

describe("app module", () => {
  test("gives the app that it exports as default", async () => {
    assert.equal((await loadApp(url("shop"))).name, "shop");
  });

  test("that is not there, throws, or exports something else is refused by its path", async () => {
    await assert.rejects(loadApp(url("nowhere")), { code: "E_APP_MODULE_MISSING", message: /apps\/nowhere\.ts .*no such file/ });
    await assert.rejects(loadApp(url("not-an-app")), { code: "E_APP_MODULE_INVALID", message: /apps\/not-an-app\.ts/ });
    await assert.rejects(loadApp(url("throwing")), (thrown: Error & { code?: string }) => {
      assert.equal(thrown.code, "E_APP_MODULE_FAILED");
      assert.match(thrown.message, /this module refuses to load/);
      assert.match((thrown.cause as Error).stack ?? "", /throwing\.ts/);
      return true;
    });
  });
});
