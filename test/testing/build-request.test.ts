import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Router } from "#src/http/router/router";
import { buildRequest } from "#src/testing/build-request";

describe("request to a route", () => {
  test("whatever a parameter's value is, the route gets it back", () => {
    const router = new Router<object>();
    router.add("GET", "/a/:id/b/:name", {});
    const text = fc.string({ minLength: 1, unit: "grapheme" }).filter((value) => value !== "." && value !== "..");
    fc.assert(
      fc.property(text, text, (id, name) => {
        const { pathname } = new URL(buildRequest("GET", "/a/:id/b/:name", { params: { id, name } }).url);
        const found = router.find("GET", pathname);
        assert.ok(typeof found === "object");
        assert.deepEqual({ ...(found.params as object) }, { id, name });
      }),
    );
  });

  test("a parameter with an expression is one parameter, slashes and all", () => {
    const { url } = buildRequest("GET", "/a/:id([^/]+)/b", { params: { id: 7 } });
    assert.equal(url, "http://localhost/a/7/b");
  });

  test("a wildcard keeps its slashes", () => {
    const { url } = buildRequest("GET", "/files/*", { params: { "*": "a b/c?d/e" } });
    assert.equal(url, "http://localhost/files/a%20b/c%3Fd/e");
  });

  test("a value is sent as JSON, also a text or null", async () => {
    for (const body of [{ a: [1] }, "text", 0, false, null]) {
      const request = buildRequest("POST", "/", { body });
      assert.equal(request.headers.get("content-type"), "application/json");
      assert.deepEqual(await request.json(), body);
    }
  });

  test("a form says what it is", async () => {
    const request = buildRequest("POST", "/", { body: new URLSearchParams({ a: "ü" }) });
    assert.match(request.headers.get("content-type") ?? "", /^application\/x-www-form-urlencoded/);
    assert.equal(await request.text(), "a=%C3%BC");
  });

  test("a body's own type is not replaced", () => {
    const request = buildRequest("POST", "/", {
      body: {},
      headers: { "content-type": "application/merge-patch+json", "x-n": 7 },
    });
    assert.equal(request.headers.get("content-type"), "application/merge-patch+json");
    assert.equal(request.headers.get("x-n"), "7");
  });

  test("without a body there is none, and no type of one", () => {
    const request = buildRequest("GET", "/", {});
    assert.deepEqual([request.body, request.headers.get("content-type")], [null, null]);
  });

  test("names of parameters that every object has are missing like others", () => {
    assert.throws(() => buildRequest("GET", "/:constructor", {}), { code: "E_TESTING_PARAM_MISSING" });
  });
});
