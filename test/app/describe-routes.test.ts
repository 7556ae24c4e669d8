import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineApp } from "#src/app/define-app";
import { describeRoutes } from "#src/app/describe-routes";
import { loadSettings } from "#src/app/settings";
import { route, routes } from "#src/http/mod";

const describeApp = async (app: Parameters<typeof describeRoutes>[0]) =>
  describeRoutes(app, await loadSettings(app, { env: { APP_ENV: "test" }, folder: "/nonexistent" }));

describe("routes of an app", () => {
  test("are listed with the policies that hold for them, without starting a service", async () => {
    const start = (): never => assert.fail("nothing is started");
    const app = defineApp({
      name: "a",
      services: () => ({ store: { name: "store", start, path: "/things/:id" } }),
      defaults: { deadline: "7s" },
      routes: [({ store }) => routes(route.get(store.path, { auth: "public", summary: "One thing" }, () => 1))],
    });
    const [only, ...more] = await describeApp(app);
    assert.deepEqual(
      [only?.method, only?.path, only?.auth, only?.deadline, only?.summary],
      ["GET", "/things/:id", "public", "7s", "One thing"],
    );
    assert.deepEqual(
      more.map(({ path }) => path),
      ["/openapi.json", "/docs", "/docs/:asset"],
    );
  });

  test("that cannot be are refused as they would be at a start", async () => {
    const app = defineApp({ name: "a", routes: [() => [1, 2].map(() => route.get("/same", { auth: "public" }, () => 1))] });
    await assert.rejects(describeApp(app), { code: "E_HTTP_ROUTES_INVALID" });
  });
});
