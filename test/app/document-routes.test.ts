import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineApp } from "#src/app/mod";
import { reply, route, routes } from "#src/http/mod";
import { createTestApp } from "#src/testing/mod";

const OPEN = { auth: "public" } as const;
const small = defineApp({ name: "small", version: "3.2.1", routes: [() => routes(route.get("/a", OPEN, () => ({ a: 1 })))] });

describe("an app's document", () => {
  test("is answered at /openapi.json, with its name, version and policies", async () => {
    await using app = await createTestApp({ ...small, defaults: { deadline: "9s" } });
    const document = (await (await app.fetch("/openapi.json")).json()) as {
      readonly info: object;
      readonly paths: { readonly "/a": { readonly get: { readonly "x-deadline": number } } };
    };
    assert.deepEqual(document.info, { title: "small", version: "3.2.1" });
    assert.equal(document.paths["/a"].get["x-deadline"], 9_000);
  });

  test("is turned off by one setting", async () => {
    await using app = await createTestApp(small, { config: ["apiDocs=false"] });
    assert.equal((await app.fetch("/openapi.json")).status, 404);
    assert.equal((await app.fetch("/docs")).status, 404);
  });

  test("gives way to a route of the app's own, which is said", async () => {
    const own = defineApp({ name: "own", routes: [() => routes(route.get("/openapi.json", OPEN, () => reply.text("mine")))] });
    await using app = await createTestApp(own);
    assert.equal(await (await app.fetch("/openapi.json")).text(), "mine");
    const said = app.log.lines.filter(({ message }) => /the app answers this path itself/.test(String(message)));
    assert.deepEqual(
      said.map((line) => line["route"]),
      ["GET /openapi.json"],
    );
  });

  test("is not there for an app that has no routes", async () => {
    await using app = await createTestApp(defineApp({ name: "empty" }));
    assert.equal((await app.fetch("/openapi.json")).status, 404);
  });
});
