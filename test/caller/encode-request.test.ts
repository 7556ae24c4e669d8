import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeBody, encodeHeaders, isJson } from "#src/caller/encode-request";

async function sent(body: unknown, given: Readonly<Record<string, string>> = {}): Promise<readonly [string | null, string]> {
  const headers = encodeHeaders(given);
  const encoded = encodeBody(body, headers);
  const request = new Request("http://localhost/", { method: "POST", ...encoded, headers });
  return [request.headers.get("content-type"), await request.text()];
}

describe("the body of a call", () => {
  test("is JSON when it is a value, also a text or null", async () => {
    for (const body of [{ a: [1] }, "text", 0, false, null]) {
      assert.deepEqual(await sent(body), ["application/json", JSON.stringify(body)]);
    }
  });

  test("is a text as it is where its type says so, and JSON where it says that", async () => {
    assert.deepEqual(await sent("a=1", { "content-type": "text/plain" }), ["text/plain", "a=1"]);
    const merge = "application/merge-patch+json";
    assert.deepEqual(await sent("a", { "content-type": merge }), [merge, '"a"']);
    assert.deepEqual(await sent({}, { "content-type": merge }), [merge, "{}"]);
  });

  test("of a form or a typed blob says itself what it is", async () => {
    const [type, text] = await sent(new URLSearchParams({ a: "ü" }));
    assert.match(type ?? "", /^application\/x-www-form-urlencoded/);
    assert.equal(text, "a=%C3%BC");
    const form = new FormData();
    form.set("a", "1");
    assert.match((await sent(form))[0] ?? "", /^multipart\/form-data; boundary=/);
    assert.deepEqual(await sent(new Blob(["x"], { type: "image/png" })), ["image/png", "x"]);
  });

  test("of bytes has the type that is given, or none in particular", async () => {
    const bytes = new TextEncoder().encode("x");
    assert.deepEqual(await sent(bytes), ["application/octet-stream", "x"]);
    assert.deepEqual(await sent(bytes, { "content-type": "image/png" }), ["image/png", "x"]);
    assert.deepEqual(await sent(new Response("stream").body), ["application/octet-stream", "stream"]);
  });

  test("is not there without one, and has no type", async () => {
    assert.deepEqual(await sent(undefined), [null, ""]);
  });
});

describe("the headers of a call", () => {
  test("win over those of every call; lists are repeated, what is not there is left out", () => {
    const headers = encodeHeaders(
      { "X-A": "common", b: 1, at: new Date(0) },
      { "x-a": ["own", "too"], b: undefined, c: null, d: false },
    );
    assert.deepEqual(
      [...headers],
      [
        ["at", "1970-01-01T00:00:00.000Z"],
        ["b", "1"],
        ["d", "false"],
        ["x-a", "own, too"],
      ],
    );
  });
});

test("JSON is told by its media type", () => {
  for (const type of ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
    assert.ok(isJson(type), type);
  for (const type of ["", "text/json", "application/jsonp", "application/x"]) assert.ok(!isJson(type), type);
});
