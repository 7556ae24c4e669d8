import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { html } from "#src/security/mod";
import { type Reply, reply } from "#src/http/reply";

const partsOf = ({ status, kind, value, headers }: Reply): object => ({ status, kind, value, headers });

describe("a reply", () => {
  it("says status, kind, value and headers", () => {
    assert.deepEqual(partsOf(reply.json(202, 1, { headers: { a: "b" } })), {
      status: 202,
      kind: "json",
      value: 1,
      headers: ["a", "b"],
    });
    assert.deepEqual(partsOf(reply.created(1, { location: "/x" })), {
      status: 201,
      kind: "json",
      value: 1,
      headers: ["location", "/x"],
    });
    assert.deepEqual(partsOf(reply.created(1)), { status: 201, kind: "json", value: 1, headers: [] });
    assert.deepEqual(partsOf(reply.empty()), { status: 204, kind: "empty", value: undefined, headers: [] });
    assert.deepEqual(partsOf(reply.text("a", { status: 400, type: "text/x" })), {
      status: 400,
      kind: "text",
      value: "a",
      headers: ["content-type", "text/x"],
    });
    const stream = Readable.from([]);
    assert.deepEqual(reply.stream(stream, { length: 0, status: 206 }).headers, [
      "content-type",
      "application/octet-stream",
      "content-length",
      "0",
    ]);
    assert.equal(reply.stream(stream, { status: 206 }).status, 206);
  });

  it("of a page is what the html tag made, escaped", () => {
    const page = reply.html(html`<p>${"<script>"}</p>`);
    assert.deepEqual(page.headers, ["content-type", "text/html; charset=utf-8"]);
    assert.equal(page.value, "<p>&lt;script&gt;</p>");
  });
});

describe("CVE-2026-27959: a redirect", () => {
  it("goes to a path of this site", () => {
    for (const target of ["/", "/a", "/a?b=//c", "/a//b", "/a#b", "/a:b@c"]) {
      const redirect = reply.redirect(target);
      assert.deepEqual([redirect.status, redirect.headers], [303, ["location", target]], target);
    }
    assert.equal(reply.redirect("/a", { status: 308 }).status, 308);
  });

  it("does not leave it unless that was said", () => {
    for (const target of [
      "//evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "evil.example",
      "",
      "a",
      "?a",
      "#a",
      " /a",
      "/\t/evil.example",
      "\t//evil.example",
      "/\n/evil.example",
      "/\r/evil",
      "/a\\b",
      "/a b",
      "///evil.example",
      "/\u0000a",
      "/a\u007f",
    ]) {
      assert.throws(() => reply.redirect(target), { code: "E_HTTP_REDIRECT_EXTERNAL" }, JSON.stringify(target));
    }
    assert.deepEqual(reply.redirect("https://other.example", { external: true }).headers, ["location", "https://other.example"]);
  });

  it("whose target passes stays on the site for every URL parser", () => {
    for (const target of ["/a", "/.//evil.example", "/..//evil.example", "/%2f/evil.example", "/@evil.example", "/a/..//b"]) {
      assert.equal(new URL(reply.redirect(target).headers[1] as string, "https://app.example").host, "app.example");
    }
  });
});
