import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isPlinthError } from "#src/core/mod";
import { composeHeaders, indexOfHeader } from "#src/http/pipeline/answer-headers";
import type { LiveExchange } from "#src/http/pipeline/exchange";

function compose(
  replacing: readonly string[],
  change: { readonly extraHeaders?: string[]; readonly rateLimit?: string } = {},
): string[] {
  const plan = { path: "/x", headers: ["x-frame-options", "DENY", "cache-control", "no-store"] };
  const exchange = { plan, id: "7", extraHeaders: [], rateLimit: "", ...change } as unknown as LiveExchange;
  return composeHeaders(exchange, ["content-type", "text/plain"], replacing);
}

describe("the headers of an answer", () => {
  it("are the plan's, the answer's, the id, and what steps added", () => {
    assert.deepEqual(compose([], { extraHeaders: ["vary", "origin"], rateLimit: '"a";r=1;t=2' }), [
      "x-frame-options",
      "DENY",
      "cache-control",
      "no-store",
      "content-type",
      "text/plain",
      "x-request-id",
      "7",
      "vary",
      "origin",
      "ratelimit",
      '"a";r=1;t=2',
    ]);
  });

  it("leave the plan's own list as it was", () => {
    const block = Object.freeze(["a", "b"]);
    const exchange = { plan: { path: "/", headers: block }, id: "7", extraHeaders: [], rateLimit: "" } as unknown as LiveExchange;
    composeHeaders(exchange, [], ["a", "c"]);
    assert.deepEqual(block, ["a", "b"]);
  });

  it("replace the block's instead of standing beside it, in any case", () => {
    const headers = compose(["X-Frame-Options", "SAMEORIGIN", "Cache-Control", "max-age=60", "content-type", "text/css"]);
    assert.equal(headers[indexOfHeader(headers, "x-frame-options") + 1], "SAMEORIGIN");
    assert.equal(headers[indexOfHeader(headers, "cache-control") + 1], "max-age=60");
    assert.equal(headers[indexOfHeader(headers, "content-type") + 1], "text/css");
    assert.equal(headers.length, 8);
  });

  it("keep every cookie", () => {
    const headers = compose(["set-cookie", "a=1", "Set-Cookie", "b=2"]);
    assert.deepEqual(headers.slice(-4), ["set-cookie", "a=1", "set-cookie", "b=2"]);
  });

  it("GHSA-q7jf-gf43-6x6p: vary by all that was said, so that a handler cannot unsay the origin", () => {
    const headers = compose(["Vary", "accept-encoding"], { extraHeaders: ["vary", "origin"] });
    assert.equal(headers[indexOfHeader(headers, "vary") + 1], "origin, accept-encoding");
  });

  it("are refused when they cannot be sent", () => {
    const bad: readonly (readonly [string, string])[] = [
      ...["a\r\nb: c", "a\nb", "a\rb", "a\0b", "\u0001", "é\u2028", "\u{1f600}", "a\u007f", "日本"].map(
        (value) => ["x-a", value] as const,
      ),
      ...["", "a b", "a:", "a\r\n", "é", "a\0", "(a)"].map((name) => [name, "x"] as const),
    ];
    for (const [name, value] of bad) {
      assert.throws(
        () => compose([name, value]),
        (thrown) => isPlinthError(thrown, "E_HTTP_REPLY_HEADER_INVALID") && thrown.status === undefined,
        JSON.stringify([name, value]),
      );
    }
    assert.ok(compose(["x-a", "tab\tand é", "x-b", ""]).includes("tab\tand é"));
  });
});

describe("a header's index", () => {
  it("is that of its name, never of an equal value", () => {
    assert.equal(indexOfHeader(["a", "b", "b", "c"], "b"), 2);
    assert.equal(indexOfHeader(["a", "b"], "b"), -1);
  });
});
