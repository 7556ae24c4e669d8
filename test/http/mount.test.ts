import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuthRule } from "#src/http/contract";
import { mount } from "#src/http/mount";
import { group, route } from "#src/http/route";
import { createApp, rawStatus } from "./support.ts";

const echo = async (request: Request): Promise<Response> => {
  const { pathname, search } = new URL(request.url);
  return new Response(`${request.method} ${pathname}${search} ${await request.text()}`, {
    status: 207,
    headers: { "x-seen": request.headers.get("x-one") ?? "" },
  });
};
const nobody: AuthRule<unknown> = { scheme: "t", challenge: "T", identify: () => undefined };

describe("a mounted handler", () => {
  it("sees method, headers, body, and the path without the prefix", async () => {
    const app = await createApp(mount("/legacy", echo, { auth: "public" }));
    const post = await app.fetch("/legacy/a/b%20c?d=e", { method: "POST", body: "body", headers: { "x-one": "1" } });
    assert.deepEqual([post.status, post.headers.get("x-seen"), await post.text()], [207, "1", "POST /a/b%20c?d=e body"]);
    assert.equal(await (await app.fetch("/legacy")).text(), "GET / ");
    assert.equal(await (await app.fetch("/legacy?x")).text(), "GET /?x ");
    assert.equal(await (await app.fetch("/legacy/")).text(), "GET / ");
    for (const method of ["PUT", "PATCH", "DELETE"])
      assert.equal(await (await app.fetch("/legacy/x", { method })).text(), `${method} /x `);
  });

  it("may stand in a group with a prefix", async () => {
    const app = await createApp(group({ prefix: "/v1" }, mount("/legacy", echo, { auth: "public" })));
    assert.equal(await (await app.fetch("/v1/legacy/a?b")).text(), "GET /a?b ");
    assert.equal(await (await app.fetch("/v1/legacy")).text(), "GET / ");
  });

  it("gets HEAD as its own method, and its answer has no body", async () => {
    const app = await createApp(mount("/legacy", echo, { auth: "public" }));
    const answer = await app.fetch("/legacy/a", { method: "HEAD" });
    assert.deepEqual([answer.status, await answer.text()], [207, ""]);
  });

  it("CVE-2026-47676: is never reached by another spelling of the prefix", async () => {
    const app = await createApp(mount("/legacy", () => assert.fail("reached"), { auth: "public" }));
    for (const path of [
      "/%6cegacy/a",
      "/%6Cegacy/a",
      "/legac%79/a",
      "/%6c%65%67%61%63%79",
      "/LEGACY/a",
      "//legacy/a",
      "/legacy%2Fa",
      "/legacyx",
      "/legacy;/a",
      "/%256cegacy/a",
      "/legacy%00/a",
    ]) {
      assert.equal((await app.fetch(path)).status, 404, path);
    }
  });

  it("sees no part of its own prefix, when that is spelled longer than it is", async () => {
    const app = await createApp(mount("/a/b", () => assert.fail("reached"), { auth: "public" }));
    for (const path of ["/%61/b/x", "/%61/b", "/a/%62/x"]) assert.equal((await app.fetch(path)).status, 404, path);
  });

  it("is never reached by a path that a URL would change on the way", async () => {
    const seen: string[] = [];
    const app = await createApp([
      route.get("/legacy/admin", { auth: nobody }, () => assert.fail("reached")),
      ...mount("/legacy", (request) => (seen.push(new URL(request.url).pathname), new Response("x")), { auth: "public" }),
    ]);
    for (const path of [
      "/legacy/x/../admin",
      "/legacy/./admin",
      "/legacy/%2e/admin",
      "/legacy/x/%2e%2e/admin",
      "/legacy/x/.%2E/admin",
      "/legacy/..",
      "/legacy/x/..",
      '/legacy/a"b',
    ]) {
      assert.equal(await rawStatus(app, path), 404, path);
    }
    assert.deepEqual(seen, []);
    assert.equal(await rawStatus(app, "/legacy/admin"), 403);
    assert.equal(await rawStatus(app, "/legacy/%61dmin"), 403);
    assert.equal(await rawStatus(app, "/legacy//evil.example/a"), 200);
    assert.deepEqual(seen, ["//evil.example/a"]);
  });

  it("is behind the same guards and limits as any route", async () => {
    const app = await createApp(mount("/legacy", () => assert.fail("reached"), { auth: nobody }));
    for (const path of ["/legacy", "/legacy/", "/legacy/a"])
      for (const method of ["GET", "HEAD", "POST", "DELETE"]) assert.equal((await app.fetch(path, { method })).status, 403);
    const small = await createApp(mount("/legacy", echo, { auth: "public", bodyLimit: "2b" }));
    assert.equal((await small.fetch("/legacy/a", { method: "POST", body: "abc" })).status, 413);
  });

  it("is not asked about a Host that no URL has (CVE-2026-21712)", async () => {
    const app = await createApp(mount("/legacy", (request) => new Response(new URL(request.url).pathname), { auth: "public" }));
    for (const host of ["a b", "[", "a/../b", "xn--\u00ff", "a@b:c@d", "%", "a:99999", "a?b", "a#b"]) {
      const { status } = await app.fetch("/legacy/a", { headers: { host } });
      assert.equal(status, 404, host);
    }
  });

  it("is told when the client leaves", async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<AbortSignal>();
    const app = await createApp(
      mount("/legacy", (request) => (resolve(request.signal), new Promise(() => {})), { auth: "public" }),
    );
    const answering = app.fetch("/legacy", { signal: controller.signal });
    const signal = await promise;
    controller.abort();
    await assert.rejects(answering);
    assert.equal(signal.aborted, true);
  });

  it("that fails is a 500", async () => {
    const app = await createApp(mount("/legacy", () => Promise.reject(new Error("x")), { auth: "public" }));
    assert.equal((await app.fetch("/legacy")).status, 500);
  });
});
