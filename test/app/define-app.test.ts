import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineApp, isAppDefinition } from "#src/app/define-app";
import { defineConfig, setting } from "#src/config/mod";
import { route, routes } from "#src/http/mod";

describe("app definition", () => {
  test("is what was declared, frozen, and runs nothing", () => {
    const services = (): never => assert.fail("services are made by whoever runs the app");
    const app = defineApp({ name: "shop", version: "1.0.0", services });
    assert.deepEqual({ ...app }, { name: "shop", version: "1.0.0", services });
    assert.ok(Object.isFrozen(app));
  });

  test("does not change with the object it was made of", () => {
    const declared = { name: "shop" };
    const app = defineApp(declared);
    declared.name = "other";
    assert.equal(app.name, "shop");
  });

  test("is told from anything else", () => {
    assert.equal(isAppDefinition(defineApp({ name: "shop" })), true);
    for (const other of [undefined, null, "shop", { name: "shop" }, Object.freeze({ name: 1 }), Object.freeze({}), () => 1])
      assert.equal(isAppDefinition(other), false);
  });

  test("types the configuration and the services that its parts get", () => {
    const app = defineApp({
      name: "typed",
      config: defineConfig({ size: setting.integer({ default: 1 }) }),
      services: ({ config }) => {
        const size: number = config.size;
        const port: number = config.port;
        // @ts-expect-error there is no such setting
        const nothing: unknown = config.nothing;
        return { store: { size, port, nothing } };
      },
      routes: [
        ({ store }) => {
          // @ts-expect-error the store has no such member
          assert.equal(store.missing, undefined);
          return routes(route.get("/", { auth: "public" }, () => store.size));
        },
      ],
    });
    assert.equal(app.routes?.[0]?.({ store: { size: 1, port: 2, nothing: 3 } }).length, 1);
  });
});
