import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildPath, createUrls } from "#src/caller/mod";
import { group, route, routes } from "#src/http/mod";

const declared = routes(
  group({ prefix: "/v1" }, [
    route.get("/files/:id", { auth: "public", name: "files.show" }, () => 1),
    route.delete("/files/:id", { auth: "public", name: "files.drop" }, () => 1),
  ]),
  route.get("/files/*", { auth: "public" }, () => 1),
);

describe("URLs", () => {
  test("are built by the name of a route, or by its template", () => {
    const urls = createUrls(declared);
    assert.equal(urls.to("files.show", { params: { id: "a/b" } }), "/v1/files/a%2Fb");
    assert.equal(urls.to("/v1/files/:id", { params: { id: 7 } }), "/v1/files/7");
    assert.equal(urls.to("files.drop", { params: { id: 7 }, query: { soft: true } }), "/v1/files/7?soft=true");
    assert.equal(urls.to("/files/*", { params: { "*": "a/b c" } }), "/files/a/b%20c");
  });

  test("of what is no route are refused", () => {
    const urls = createUrls(declared) as { to(target: string): string };
    for (const target of ["files.list", "/files/:id", "", "constructor", "__proto__"]) {
      assert.throws(() => urls.to(target), { code: "E_CALLER_TARGET_UNKNOWN" }, target);
    }
  });

  test("stand behind their base", () => {
    for (const base of ["https://example.com/api", "https://EXAMPLE.com:443/api/", new URL("https://example.com/api//")]) {
      assert.equal(createUrls(declared, { base }).to("files.show", { params: { id: 1 } }), "https://example.com/api/v1/files/1");
    }
    for (const base of ["", "/a", "ftp://a", "javascript:alert(1)", "https://a/?b", "https://a/#b", "https://u:p@a/"]) {
      assert.throws(() => createUrls(declared, { base }), { code: "E_CALLER_BASE_INVALID" }, base);
    }
  });

  test("have queries with lists and dates, and without what is not there", () => {
    const query = { list: ["x", 1, undefined], text: "a &=#ü", no: undefined, none: null, at: new Date(0) };
    assert.equal(buildPath("/a", { query }), "/a?list=x&list=1&text=a+%26%3D%23%C3%BC&at=1970-01-01T00%3A00%3A00.000Z");
    assert.equal(buildPath("/a", { query: {} }), "/a");
    assert.equal(buildPath("/a/:id", { params: { id: 1 } }), "/a/1");
  });
});
