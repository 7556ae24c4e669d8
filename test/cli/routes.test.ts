import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { listRoutes } from "#src/cli/routes";
import { isPlinthError } from "#src/core/mod";
import { makeHome } from "./support/home.ts";
import { SHOP } from "./support/url.ts";

const options = { app: SHOP, env: "test" } as const;

describe("the list of routes", () => {
  test("has a line for each route with its policies", async () => {
    const lines = (await listRoutes(options)).trimEnd().split("\n");
    assert.match(lines[0] as string, /^METHOD +PATH +VERSION +AUTH +LIMITS +REPLAY +DEADLINE +BODY +CORS +SUMMARY$/);
    const limited = lines.find((line) => line.includes("/limited"));
    assert.match(limited as string, /^GET +\/limited +- +public +\S+ \(2\/60s\) +- +30s +- +-$/);
    assert.match(lines.find((line) => line.includes("/slow")) as string, / 5s /);
  });

  test("says that a route has no deadline", async () => {
    const app = new URL("../support/apps/kitchen.ts", import.meta.url).pathname;
    const lines = (await listRoutes({ app, env: "test" })).split("\n");
    assert.ok(lines.some((line) => / none /.test(line)));
    assert.ok(!lines.some((line) => / 0s /.test(line)));
  });

  test("is the same as JSON, for programs", async () => {
    const plans = JSON.parse(await listRoutes({ ...options, json: true })) as Record<string, unknown>[];
    const table = (await listRoutes(options)).trimEnd().split("\n");
    assert.equal(plans.length, table.length - 1);
    const upload = plans.find((plan) => plan["path"] === "/files/*");
    assert.deepEqual([upload?.["method"], upload?.["auth"], upload?.["limits"]], ["PUT", "public", []]);
  });

  test("of an app without routes is empty", async () => {
    using home = makeHome({
      "app.ts": `import { defineApp } from "plinth/app"; export default defineApp({ name: "empty" });`,
    });
    assert.equal((await listRoutes({ app: home.path("app.ts"), env: "test" })).split("\n").length, 2);
    assert.deepEqual(JSON.parse(await listRoutes({ app: home.path("app.ts"), env: "test", json: true })), []);
  });

  test("is not given when the routes would not boot, and every fault is told", async () => {
    using home = makeHome({
      "app.ts": `
        import { defineApp } from "plinth/app";
        import { route, routes } from "plinth/http";
        const same = () => routes(route.get("/a", { auth: "public" }, () => 1), route.get("/a", { auth: "public" }, () => 2));
        export default defineApp({ name: "doubled", routes: [same] });`,
    });
    await assert.rejects(
      listRoutes({ app: home.path("app.ts"), env: "test" }),
      (thrown) => isPlinthError(thrown, "E_HTTP_ROUTES_INVALID") && (thrown.faults ?? []).length > 0,
    );
  });
});
