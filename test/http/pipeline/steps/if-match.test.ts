import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkPreconditions } from "#src/http/conditions/preconditions";
import { reply } from "#src/http/reply";
import { group, route } from "#src/http/route";
import { createApp, problemOf } from "../../support.ts";

describe('ifMatch: "required"', () => {
  let version = 1;
  const routes = group({ ifMatch: "required" }, [
    route.get("/order", { auth: "public" }, () => reply.json(200, { version }, { etag: version })),
    route.put("/order", { auth: "public" }, ({ request }) => {
      checkPreconditions(request, { etag: version });
      return reply.json(200, { version: ++version }, { etag: version });
    }),
  ]);

  it("refuses a change that says nothing of its version, before the handler runs", async () => {
    const app = await createApp(routes);
    for (const headers of [{}, { "if-unmodified-since": new Date().toUTCString() }]) {
      const answer = await app.fetch("/order", { method: "PUT", headers: headers as Record<string, string> });
      assert.deepEqual([answer.status, (await problemOf(answer)).code], [428, "E_HTTP_PRECONDITION_REQUIRED"]);
    }
    assert.equal(version, 1);
    assert.equal((await app.fetch("/order")).status, 200, "reading needs no condition");
  });

  it("lets the first of two changes to one version through, and refuses the second with 412", async () => {
    const app = await createApp(routes);
    const read = await app.fetch("/order");
    const change = (): Promise<Response> =>
      app.fetch("/order", { method: "PUT", headers: { "if-match": read.headers.get("etag") as string } });
    const [first, second] = [await change(), await change()];
    assert.deepEqual([first.status, first.headers.get("etag")], [200, '"2"']);
    assert.deepEqual([second.status, (await problemOf(second)).code], [412, "E_HTTP_PRECONDITION_FAILED"]);
    assert.equal(version, 2);
  });

  it("comes behind the question who is calling", async () => {
    const nobody = { scheme: "t", challenge: "T", identify: () => null };
    const app = await createApp([route.put("/a", { auth: nobody, ifMatch: "required" }, () => 1)]);
    assert.equal((await app.fetch("/a", { method: "PUT" })).status, 403);
  });
});
