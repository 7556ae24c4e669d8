import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineApp, openFetch } from "#src/app/mod";
import { reply, route, routes } from "#src/http/mod";
import { createMemorySink } from "#src/log/mod";

const ENV = { APP_ENV: "test", SHUTDOWN_TIMEOUT: "5s" };

describe("an app without a socket", () => {
  test("answers with its services, and logs and counts its requests", async () => {
    const sink = createMemorySink();
    const shop = defineApp({
      name: "shop",
      services: () => ({ greeting: "hello" }),
      routes: [
        ({ greeting }) => routes(route.get("/who", { auth: "public" }, ({ request }) => ({ greeting, at: request.address }))),
      ],
    });
    await using app = await openFetch(shop, { env: ENV, sink, services: { greeting: "hi" } });
    const { fetch } = app; // handed on by itself
    const answer = await fetch(new Request("http://shop.example/who"), { address: "203.0.113.7" });
    assert.deepEqual(await answer.json(), { greeting: "hi", at: "203.0.113.7" });
    const line = sink.entries().find(({ message }) => message === "request");
    assert.deepEqual([line?.["service"], line?.["status"], line?.["address"]], ["shop", 200, "203.0.113.7"]);
  });

  test("stops once: after the answers under way, before the services, and takes nothing more", async () => {
    const order: string[] = [];
    const { promise: going, resolve: go } = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<string> {
      yield "begun";
      await going;
      order.push("answered");
    }
    const slowly = defineApp({
      name: "slowly",
      services: () => ({ store: { name: "store", stop: () => void order.push("store stopped") } }),
      routes: [() => routes(route.get("/slow", { auth: "public" }, () => reply.stream(slow())))],
    });
    const app = await openFetch(slowly, { env: ENV, sink: createMemorySink() });
    const request = (): Request => new Request("http://localhost/slow");
    const body = (await app.fetch(request())).text();
    const stopping = app.stop();
    assert.equal(app.stop(), stopping);
    await assert.rejects(app.fetch(request()), { code: "E_HTTP_SHUTTING_DOWN" });
    go();
    assert.equal(await body, "begun");
    await stopping;
    assert.deepEqual(order, ["answered", "store stopped"]);
  });

  test("does not wait for an answer longer than it may", async () => {
    const stuck = defineApp({
      name: "stuck",
      routes: [() => routes(route.get("/", { auth: "public", deadline: "0s" }, () => new Promise<never>(() => {})))],
    });
    const app = await openFetch(stuck, { env: ENV, sink: createMemorySink(), stopTimeout: "1ms" });
    void app.fetch(new Request("http://localhost/"));
    await app.stop();
  });

  test("is not there when a setting is wrong", async () => {
    const env = { ...ENV, PORT: "many" };
    await assert.rejects(openFetch(defineApp({ name: "a", routes: [] }), { env }), { code: "E_CONFIG_INVALID" });
  });
});
