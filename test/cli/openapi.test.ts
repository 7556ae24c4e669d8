import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { diffDocument, printDocument } from "#src/cli/openapi";
import { makeHome } from "./support/home.ts";
import { KITCHEN } from "./support/url.ts";

const options = { app: KITCHEN, env: "test" } as const;

describe("the printed document", () => {
  test("is the app's, and the same every time", async () => {
    const text = await printDocument(options);
    const document = JSON.parse(text) as { info: { title: string }; paths: Record<string, object> };
    assert.equal(document.info.title, "kitchen");
    assert.deepEqual(Object.keys(document.paths["/dishes/{id}"] ?? {}), ["get", "delete"]);
    assert.equal(await printDocument(options), text);
  });

  test("can go to a file", async () => {
    using home = makeHome();
    assert.equal(await printDocument({ ...options, output: home.path("api.json") }), "");
    assert.equal(readFileSync(home.path("api.json"), "utf8"), await printDocument(options));
  });
});

describe("the difference from a saved document", () => {
  test("is nothing when nothing changed", async () => {
    using home = makeHome();
    await printDocument({ ...options, output: home.path("api.json") });
    assert.deepEqual(await diffDocument(home.path("api.json"), options), { ok: true, text: "Nothing changed.\n" });
  });

  test("is told in sentences, breaking ones first, and is not ok when any is", async () => {
    using home = makeHome();
    const saved = JSON.parse(await printDocument(options)) as { paths: Record<string, object> };
    saved.paths["/old"] = saved.paths["/anything"] as object;
    delete saved.paths["/page"];
    home.write("api.json", JSON.stringify(saved));
    assert.deepEqual(await diffDocument(home.path("api.json"), options), {
      ok: false,
      text: "Breaking:\n  GET /old: is gone\nNot breaking:\n  GET /page: is new\n",
    });
    delete saved.paths["/old"];
    home.write("api.json", JSON.stringify(saved));
    assert.equal((await diffDocument(home.path("api.json"), options)).ok, true);
  });

  test("cannot be told from what is no document", async () => {
    using home = makeHome({ "no.json": "{", "old.json": '{"openapi":"3.0.3","paths":{},"components":{}}', "null.json": "null" });
    for (const name of ["no.json", "old.json", "null.json", "missing.json"]) {
      await assert.rejects(diffDocument(home.path(name), options), { code: "E_CLI_DOCUMENT_UNREADABLE" });
    }
  });
});
