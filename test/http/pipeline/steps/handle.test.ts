import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Middleware } from "#src/http/contract";
import { group, route } from "#src/http/route";
import { createApp, createRecordingLog, thenable } from "../../support.ts";

const mark =
  (name: string): Middleware =>
  (next) =>
  async (c) =>
    `${name}(${String(await next(c))})`;

describe("a handler", () => {
  it("may answer at once or later", async () => {
    const app = await createApp([
      route.get("/now", { auth: "public" }, () => "now"),
      route.get("/later", { auth: "public" }, async () => "later"),
      route.get("/thenable", { auth: "public" }, () => thenable((resolve: (value: string) => void) => resolve("thenable"))),
    ]);
    for (const name of ["now", "later", "thenable"]) assert.equal(await (await app.fetch(`/${name}`)).json(), name);
  });

  it("is wrapped by middleware: the app's outside, the group's next, its own inside, each list outermost first", async () => {
    const routes = group({ use: [mark("group1"), mark("group2")] }, [
      route.get("/a", { auth: "public", use: [mark("own1"), mark("own2")] }, () => "x"),
      route.get("/b", { auth: "public" }, () => "x"),
    ]);
    const app = await createApp(routes, { defaults: { use: mark("app") } });
    assert.equal(await (await app.fetch("/a")).json(), "app(group1(group2(own1(own2(x)))))");
    assert.equal(await (await app.fetch("/b")).json(), "app(group1(group2(x)))");
  });

  it("is announced to whoever looks closely, and a refusal with its reason", async () => {
    const { log, lines } = createRecordingLog(true);
    const app = await createApp([route.post("/a/:id", { auth: "public" }, () => 1)], { log });
    await app.fetch("/a/7", { method: "POST" });
    await app.fetch("/nowhere");
    assert.deepEqual(
      lines.map(({ level, message, fields }) => [level, message, fields.route]),
      [
        ["debug", "handler called", "/a/:id"],
        ["debug", "request refused", ""],
      ],
    );
    assert.deepEqual(lines[0]?.fields, { method: "POST", route: "/a/:id", principal: undefined });
    assert.equal((lines[1]?.fields.error as { code?: string } | undefined)?.code, "E_HTTP_ROUTE_NOT_FOUND");
  });

  it("is wrapped once, when the app is compiled", async () => {
    let wrapped = 0;
    const count: Middleware = (next) => {
      wrapped++;
      return next;
    };
    const app = await createApp([route.get("/a", { auth: "public", use: count }, () => 1)]);
    for (let index = 0; index < 3; index++) await app.fetch("/a");
    assert.equal(wrapped, 1);
  });

  it("is not reached when middleware answers or fails", async () => {
    const app = await createApp([
      route.get("/answer", { auth: "public", use: () => () => "early" }, () => assert.fail("reached")),
      route.get("/fail", { auth: "public", use: () => () => Promise.reject(new Error("no")) }, () => assert.fail("reached")),
    ]);
    assert.equal(await (await app.fetch("/answer")).json(), "early");
    assert.equal((await app.fetch("/fail")).status, 500);
  });
});
