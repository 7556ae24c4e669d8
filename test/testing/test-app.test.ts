import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { type AnyApp, defineApp } from "#src/app/mod";
import { isPlinthError } from "#src/core/mod";
import { reply, route, routes } from "#src/http/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { createTestApp } from "#src/testing/test-app";
import shop, { Orders, type extras, type orders } from "../support/apps/shop.ts";

describe("requests in process", () => {
  test("a route is called by its template, and its answer is parsed", async () => {
    await using app = await createTestApp<typeof orders>(shop);
    const added = await app.api.post("/orders", { body: { sku: "a-1", quantity: "2" } });
    assert.equal(added.status, 201);
    const found = await app.api.get("/orders/:id", { params: { id: 1 } });
    assert.deepEqual(found.data, { id: "1", sku: "a-1", quantity: 2, at: "2026-01-01T00:00:00.000Z" });
    assert.equal(found.ok, true);
  });

  test("an answer that is an error has its status, and ok is false", async () => {
    await using app = await createTestApp<typeof orders>(shop);
    const missing = await app.api.get("/orders/:id", { params: { id: "no/where ü" } });
    assert.deepEqual([missing.status, missing.ok, missing.data], [404, false, { missing: "no/where ü" }]);
    const faulty = await app.api.post("/orders", { body: { sku: "a", quantity: "many" } });
    assert.ok(faulty.status === 400);
    assert.deepEqual(
      faulty.problem?.errors?.map((fault) => fault.pointer),
      ["/quantity"],
    );
  });

  test("the query is written out, lists as repeated keys, undefined not at all", async () => {
    const echo = defineApp({
      name: "echo",
      routes: [() => routes(route.get("/echo", { auth: "public" }, ({ request }) => reply.text(request.url)))],
    });
    await using app = await createTestApp(echo);
    const { data } = await app.api.get("/echo", { query: { a: "1 &", b: [1, true, undefined], c: undefined } });
    assert.equal(data, "/echo?a=1+%26&b=1&b=true");
  });

  test("headers reach the route, and a body of bytes or of a form travels as it is", async () => {
    await using app = await createTestApp<typeof extras>(shop);
    const secured = await app.api.get("/secured", { headers: { "x-shop-key": "k" } });
    assert.deepEqual(secured.data, { key: "k" });
    const put = await app.api.put("/files/*", { params: { "*": "a b/c" }, body: new Uint8Array(1_000) });
    assert.deepEqual(put.data, { path: "a b/c", bytes: 1_000 });
  });

  test("what the handler sees is what a path, a URL or a Request says", async () => {
    await using app = await createTestApp(shop);
    for (const input of ["/greeting", new URL("http://localhost/greeting"), new Request("http://localhost/greeting")]) {
      assert.equal(await (await app.fetch(input)).text(), "hello 1mb");
    }
    assert.equal((await app.fetch("/greeting", { method: "DELETE" })).status, 405);
  });

  test("a path without its parameters is an error of the test", async () => {
    await using app = await createTestApp(shop);
    for (const params of [{}, { id: "" }, { id: undefined }] as { id: string }[]) {
      await assert.rejects(app.api.get("/orders/:id", { params }), { code: "E_CALLER_PARAM_MISSING", message: /"id"/ });
    }
  });

  test("an answer that is no JSON is its text, an empty one undefined", async () => {
    await using app = await createTestApp<typeof extras>(shop);
    assert.equal((await app.api.get("/greeting")).data, "hello 1mb");
    const empty = await app.api.get("/limited");
    assert.deepEqual([empty.status, empty.data], [204, undefined]);
  });

  test("requests are typed by the routes' declarations", async () => {
    await using app = await createTestApp<typeof orders | typeof extras>(shop);
    // Checked by the compiler; called only to be programs.
    const unchecked = async (): Promise<void> => {
      // @ts-expect-error there is no such route
      await app.api.get("/nowhere");
      // @ts-expect-error the route has another method
      await app.api.delete("/orders/:id", { params: { id: "1" } });
      // @ts-expect-error the parameter is missing
      await app.api.get("/orders/:id");
      // @ts-expect-error the parameter has another name
      await app.api.get("/orders/:id", { params: { order: "1" } });
      // @ts-expect-error the body is missing
      await app.api.post("/orders");
      // @ts-expect-error the body's quantity is no boolean
      await app.api.post("/orders", { body: { sku: "a", quantity: true } });
      // @ts-expect-error a GET route declares no body
      await app.api.get("/greeting", { body: "text" });
      // @ts-expect-error the query is no number
      await app.api.get("/orders", { query: { limit: "ten" } });
      // @ts-expect-error a header that the route requires
      await app.api.get("/secured", { headers: {} });
      const found = await app.api.get("/orders/:id", { params: { id: 1 } });
      // @ts-expect-error an error has no `sku`
      assert.ok(found.data.sku);
      if (found.status === 404) assert.equal(found.data?.missing.length, 1);
      if (found.status !== 200) return;
      const at: string = found.data.at;
      // @ts-expect-error a date has become a text on the way
      const date: Date = found.data.at;
      assert.ok(at && date);
    };
    assert.equal(typeof unchecked, "function");
    // An app tells the types of its routes itself, unless they were forgotten: then it takes any path.
    await using told = await createTestApp(shop);
    assert.equal((await told.api.get("/orders", { query: { limit: 3 } })).status, 200);
    await using untyped = await createTestApp(shop as AnyApp);
    assert.equal((await untyped.api.get("/nowhere", { query: { limit: "any" } })).status, 404);
  });
});

describe("an app in process", () => {
  test("starts its services, and stops them once however often it is stopped", async () => {
    const store = new Orders();
    const app = await createTestApp(shop, { overrides: { orders: store } });
    assert.deepEqual(store.events, ["started"]);
    await Promise.all([app.stop(), app.stop()]);
    await app.stop();
    assert.deepEqual(store.events, ["started", "stopped"]);
  });

  test("is stopped at the end of its block", async () => {
    const store = new Orders();
    {
      await using app = await createTestApp(shop, { overrides: { orders: store } });
      assert.equal((await app.fetch("/orders")).status, 200);
    }
    assert.deepEqual(store.events, ["started", "stopped"]);
  });

  test("an override takes the place of the service of its name", async () => {
    const store = new Orders();
    store.add({ sku: "from the test", quantity: 1 }, new Date(0));
    await using app = await createTestApp(shop, { overrides: { orders: store } });
    const found = await app.fetch("/orders/1");
    assert.match(await found.text(), /from the test/);
  });

  test("settings are given as values or as flags, and checked like any other", async () => {
    await using byValue = await createTestApp(shop, { config: { greeting: "moin", uploads: { maxSize: "3kb" } } });
    assert.equal(await (await byValue.fetch("/greeting")).text(), "moin 3kb");
    await using byFlag = await createTestApp(shop, { config: ["greeting=a=b", "uploads.maxSize=4kb"] });
    assert.equal(await (await byFlag.fetch("/greeting")).text(), "a=b 4kb");
    await assert.rejects(createTestApp(shop, { config: { greting: "x", uploads: { maxSize: "huge" } } }), (thrown) => {
      assert.ok(isPlinthError(thrown, "E_CONFIG_INVALID"));
      assert.equal(thrown.faults?.length, 2);
      return true;
    });
  });

  test("neither the machine's environment nor its files are read", async () => {
    process.env["GREETING"] = "from the machine";
    try {
      await using app = await createTestApp(shop);
      assert.equal(await (await app.fetch("/greeting")).text(), "hello 1mb");
    } finally {
      delete process.env["GREETING"];
    }
  });

  test("production asks for its root secret, as it does when it is real", async () => {
    await assert.rejects(createTestApp(shop, { environment: "production" }), { code: "E_CONFIG_INVALID" });
    const config = { appKey: ["a-secret-of-more-than-32-bytes-for-this-test"] };
    await using app = await createTestApp(shop, { environment: "production", config });
    assert.equal((await app.fetch("/orders")).status, 200);
  });

  test("development keeps its generated key in a folder that goes away with the app", async () => {
    let folder = "";
    const keeper = defineApp({
      name: "keeper",
      services({ config }) {
        folder = config.dataFolder;
        return {};
      },
    });
    const app = await createTestApp(keeper, { environment: "development" });
    assert.ok(existsSync(`${folder}/app.key`));
    await app.stop();
    assert.equal(existsSync(folder), false);
  });

  test("its clock stands still, and moves limits and deadlines when it is moved", async () => {
    const clock = createFakeClock();
    await using app = await createTestApp<typeof extras>(shop, { clock });
    assert.equal(app.clock, clock);
    const statuses = async (): Promise<number[]> => {
      const found: number[] = [];
      for (let call = 0; call < 3; call += 1) found.push((await app.api.get("/limited")).status);
      return found;
    };
    assert.deepEqual(await statuses(), [204, 204, 429]);
    clock.advance(60_000);
    assert.deepEqual(await statuses(), [204, 204, 429]);
    const slow = app.api.get("/slow");
    clock.advance(5_000);
    const { status, problem } = await slow;
    assert.equal(status, 503);
    assert.equal(problem?.code, "E_HTTP_DEADLINE_EXCEEDED");
  });

  test("its log holds what handlers say and a line for each request, secrets hidden", async () => {
    await using app = await createTestApp(shop, { config: { apiToken: "hush-hush-token" } });
    await app.fetch("/greeting?token=hush-hush-token");
    assert.equal(app.log.find("greeted")?.["token"], "[redacted]");
    assert.deepEqual(
      app.log.filter("request").map((line) => [line["method"], line["route"], line["status"]]),
      [["GET", "/greeting", 200]],
    );
    assert.doesNotMatch(JSON.stringify(app.log.lines), /hush-hush/);
    assert.deepEqual(app.log.malformed, []);
  });

  test("an error that nobody foresaw is answered 500 and logged whole", async () => {
    await using app = await createTestApp(shop);
    assert.equal((await app.fetch("/broken")).status, 500);
    assert.match(JSON.stringify(app.log.find("request failed")), /nobody foresaw this/);
  });

  test("its metrics count its requests", async () => {
    await using app = await createTestApp(shop);
    for (let call = 0; call < 3; call += 1) await app.fetch("/orders");
    assert.match(app.metrics(), /^http_server_request_duration_seconds_count\{.*http_route="\/orders".*\} 3$/m);
    assert.match(app.metrics(), /^http_server_active_requests 0$/m);
  });

  test("of two apps in one process each logs and counts its own requests", async () => {
    await using one = await createTestApp(shop);
    await using two = await createTestApp(shop);
    await Promise.all([one.fetch("/orders"), two.fetch("/greeting"), one.fetch("/orders")]);
    const routesOf = (app: typeof one): unknown[] => app.log.filter("request").map((line) => line["route"]);
    assert.deepEqual([routesOf(one), routesOf(two)], [["/orders", "/orders"], ["/greeting"]]);
    assert.doesNotMatch(two.metrics(), /http_route="\/orders"/);
  });

  test("a service that does not start keeps the app from starting", async () => {
    const broken = { name: "orders", start: () => Promise.reject(new Error("no room")) };
    await assert.rejects(createTestApp(shop, { overrides: { orders: broken } }), {
      code: "E_CORE_START_FAILED",
      message: /"orders".*no room/,
    });
  });
});
