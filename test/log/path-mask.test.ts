import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PathMask } from "#src/log/path-mask";
import { Redaction } from "#src/log/redaction";

describe("the path mask", () => {
  const mask = new PathMask(new Redaction());

  test("hides exactly the segments of sensitive parameters", () => {
    assert.equal(mask.apply("/a/:id/:token/b", "/a/1/xyz/b"), "/a/1/[redacted]/b");
    assert.equal(mask.apply("/:apiKey/:access-token", "/1/2"), "/[redacted]/2");
    assert.equal(mask.apply("/a/:id", "/a/token"), "/a/token");
  });

  test("hides a segment of several parameters if one is sensitive", () => {
    assert.equal(mask.apply("/x/:id-:token", "/x/1-2"), "/x/[redacted]");
    assert.equal(mask.apply("/x/:token(^\\d+)", "/x/12"), "/x/[redacted]");
  });

  test("shows the template where path and template do not line up", () => {
    assert.equal(mask.apply("/l/:token", "//l/xyz"), "/l/:token");
    assert.equal(mask.apply("/l/:token/*", "/l/xyz/a/b"), "/l/:token/*");
    assert.equal(mask.apply("/l/:token", "/l/xyz/"), "/l/:token");
  });

  test("answers the second time as the first", () => {
    for (let time = 0; time < 2; time++) {
      assert.equal(mask.apply("/p/:password", "/p/x"), "/p/[redacted]");
      assert.equal(mask.apply("/q/:name", "/q/x"), "/q/x");
    }
  });
});
