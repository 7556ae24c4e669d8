import assert from "node:assert/strict";
import { it } from "node:test";
import { cacheControl } from "#src/http/cache-control";

it("a Cache-Control is private and asked about each time, unless it says otherwise", () => {
  assert.equal(cacheControl(), "private, no-cache");
  assert.equal(cacheControl({ shared: true }), "public, no-cache");
  assert.equal(cacheControl({ maxAge: "90s" }), "private, max-age=90");
  assert.equal(cacheControl({ maxAge: "500ms", immutable: true }), "private, no-cache");
  assert.equal(cacheControl({ maxAge: "365d", shared: true, immutable: true }), "public, max-age=31536000, immutable");
  assert.throws(() => cacheControl({ maxAge: "soon" as "1s" }), { code: "E_CORE_DURATION_INVALID" });
});
