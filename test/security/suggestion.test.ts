import assert from "node:assert/strict";
import { test } from "node:test";
import { suggestName } from "#src/security/suggestion";

test("suggests the nearest name within two edits", () => {
  const names = ["script-src", "style-src", "img-src"];
  assert.equal(suggestName("scirpt-src", names), "script-src");
  assert.equal(suggestName("IMG-SRC", names), "img-src");
  assert.equal(suggestName("img-sr", names), "img-src");
  assert.equal(suggestName("styles-srcs", names), "style-src");
  assert.equal(suggestName("imgsrc", ["img-srcs", "img-src"]), "img-src");
  assert.equal(suggestName("imgsrc", ["img-src", "img-srcs"]), "img-src");
  assert.equal(suggestName("x-src", names), undefined);
  assert.equal(suggestName("image-source", names), undefined);
  assert.equal(suggestName("", names), undefined);
  assert.equal(suggestName("x", []), undefined);
});
