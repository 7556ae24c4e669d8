import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuthRule, VersionOptions } from "#src/http/contract";
import { group, route } from "#src/http/route";
import { type TestApp, createApp, problemOf, serve } from "../support.ts";

const nobody: AuthRule<null> = { scheme: "none", challenge: "None", identify: () => null };
const A = "https://a.example";
const B = "https://b.example";

function shop(versions: VersionOptions = { default: "1" }): Promise<TestApp> {
  return createApp(
    [
      route.get("/orders", { auth: "public", version: "1", cors: { origins: [A] } }, () => "one"),
      route.get("/orders", { auth: "public", version: "2", cors: { origins: [B] } }, () => "two"),
      route.get("/orders", { auth: nobody, version: "2027-01" }, () => "guarded"),
      ...group({ prefix: "/new", version: "2" }, [
        route.get("/things/:id", { auth: "public" }, ({ params }) => params.id),
        route.get("/things", { auth: "public", version: "1" }, () => "own"),
      ]),
      route.delete("/orders", { auth: "public", version: "2" }, () => "deleted"),
      route.get("/plain", { auth: "public" }, () => "plain"),
    ],
    { versions },
  );
}

const named = (version: string, header = "api-version"): RequestInit => ({ headers: { [header]: version } });

describe("versions of a route", () => {
  it("are chosen by the request's header, and the answer says which it is", async () => {
    const app = await shop();
    for (const [init, body, version] of [
      [undefined, "one", "1"],
      [named("1"), "one", "1"],
      [named("2"), "two", "2"],
    ] as const) {
      const answer = await app.fetch("/orders", init);
      assert.deepEqual([await answer.json(), answer.headers.get("api-version")], [body, version]);
      assert.match(answer.headers.get("vary") ?? "", /^api-version\b/);
    }
  });

  it("have their own guards: no other version's decide", async () => {
    const app = await shop();
    assert.equal((await app.fetch("/orders", named("2027-01"))).status, 403);
    assert.equal((await app.fetch("/orders", named("2"))).status, 200);
  });

  it("that do not exist are a problem that lists those that do", async () => {
    const app = await shop();
    for (const wrong of ["3", "", "02", "2 ", "1, 2", "constructor", "__proto__"].map((text) => text.trim())) {
      if (wrong === "2") continue;
      const answer = await app.fetch("/orders", named(wrong));
      assert.equal(answer.status, 400, wrong);
      assert.match(answer.headers.get("vary") ?? "", /^api-version\b/);
      const { code, detail } = await problemOf(answer);
      assert.equal(code, "E_HTTP_VERSION_UNKNOWN");
      assert.match(detail, /There is 1, 2, 2027-01\.$/);
    }
  });

  it("without the default one must be named", async () => {
    const app = await shop();
    const unnamed = await problemOf(await app.fetch("/new/things/7"));
    assert.equal(unnamed.code, "E_HTTP_VERSION_UNKNOWN");
    assert.match(unnamed.detail, /Name a version in the header "api-version".*There is 2\.$/);
    assert.equal(await (await app.fetch("/new/things/7", named("2"))).json(), "7");
    assert.equal(await (await app.fetch("/new/things")).json(), "own", "a member's own version wins over its group's");
  });

  it("leave routes without versions alone", async () => {
    const { headers } = await (await shop()).fetch("/plain", named("7"));
    assert.deepEqual([headers.get("api-version"), headers.get("vary")], [null, null]);
  });

  it("answer HEAD, OPTIONS and other methods as one path", async () => {
    const app = await shop();
    const head = await app.fetch("/orders", { method: "HEAD", ...named("2") });
    assert.deepEqual([head.status, head.headers.get("api-version")], [200, "2"]);
    assert.equal((await app.fetch("/orders", { method: "OPTIONS" })).headers.get("allow"), "GET, DELETE, HEAD, OPTIONS");
    const put = await app.fetch("/orders", { method: "PUT", ...named("3") });
    assert.deepEqual([put.status, put.headers.get("allow")], [405, "GET, DELETE, HEAD, OPTIONS"]);
  });

  it("pass a preflight when one of them lets it, and refuse the request that another serves", async () => {
    const app = await shop();
    const preflight = (origin: string): Promise<Response> =>
      app.fetch("/orders", { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } });
    for (const origin of [A, B]) {
      const { status, headers } = await preflight(origin);
      assert.deepEqual([status, headers.get("access-control-allow-origin")], [204, origin]);
    }
    assert.equal((await preflight("https://c.example")).status, 403);
    const other = await app.fetch("/orders", { headers: { origin: B, "api-version": "1" } });
    assert.equal(other.headers.get("access-control-allow-origin"), null);
    assert.match(other.headers.get("vary") ?? "", /api-version.*origin/i);
  });

  it("can be chosen by a header of another name", async () => {
    const app = await shop({ default: "2", header: "x-shop-version" });
    const answer = await app.fetch("/orders", named("1", "x-shop-version"));
    assert.deepEqual([await answer.json(), answer.headers.get("x-shop-version")], ["one", "1"]);
    assert.equal(await (await app.fetch("/orders", named("1"))).json(), "two");
  });

  it("work over a socket, whatever the header's spelling", async (t) => {
    const app = await serve(
      t,
      [
        route.get("/a", { auth: "public", version: "1" }, () => "one"),
        route.get("/a", { auth: "public", version: "2" }, () => "two"),
      ],
      { versions: { default: "1" } },
    );
    const received = await app.exchange("GET /a HTTP/1.1\r\nHost: x\r\nAPI-Version:  2 \r\nConnection: close\r\n\r\n");
    assert.match(received, /^HTTP\/1\.1 200 [^]*\r\napi-version: 2\r\n[^]*"two"$/);
    const twice = await app.exchange(
      "GET /a HTTP/1.1\r\nHost: x\r\nApi-Version: 1\r\nApi-Version: 2\r\nConnection: close\r\n\r\n",
    );
    assert.match(twice, /^HTTP\/1\.1 400 [^]*E_HTTP_VERSION_UNKNOWN/);
  });
});
