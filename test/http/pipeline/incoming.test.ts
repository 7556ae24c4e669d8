import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { IncomingRequest, toHeaderMap } from "#src/http/pipeline/incoming";

describe("headers", () => {
  it("are found by their lower-case name", () => {
    assert.equal(toHeaderMap(["Content-Type", "a/b", "X-One", "1"])["content-type"], "a/b");
  });

  it("are joined where they are repeated: cookies with semicolons, others with commas", () => {
    const headers = toHeaderMap(["Accept", "a", "Cookie", "x=1", "accept", "b", "cookie", "y=2", "ACCEPT", "c"]);
    assert.equal(headers["accept"], "a, b, c");
    assert.equal(headers["cookie"], "x=1; y=2");
  });

  it("CVE-2026-21710: inherit nothing, and may be named like what objects inherit", () => {
    const headers = toHeaderMap(["__proto__", "a", "constructor", "b", "toString", "c", "__proto__", "d"]);
    assert.equal(headers["__proto__"], "a, d");
    assert.equal(headers["constructor"], "b");
    assert.equal(headers["tostring"], "c");
    const empty = toHeaderMap([]);
    for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf", "__proto__"])
      assert.equal(empty[name], undefined, name);
    assert.equal(({} as { a?: string }).a, undefined);
  });
});

describe("a request", () => {
  const requestOf = (url: string): IncomingRequest =>
    new IncomingRequest({
      id: "1",
      method: "GET",
      url,
      headers: toHeaderMap([]),
      address: "",
      scheme: "http",
      host: "",
      bodyLength: 0,
    });

  it("has its path and its query apart, split at the first question mark", () => {
    for (const [url, path, query] of [
      ["/a", "/a", ""],
      ["/a?", "/a", ""],
      ["/a?b=c", "/a", "b=c"],
      ["/a?b?c", "/a", "b?c"],
      ["*", "*", ""],
    ] as const) {
      const request = requestOf(url);
      assert.deepEqual([request.path, request.queryText, request.url], [path, query, url]);
    }
  });
});
