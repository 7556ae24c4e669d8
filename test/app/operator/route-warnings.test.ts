import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { warnOfRoutes, withWarnings } from "#src/app/operator/route-warnings";

const ROUTES = ["GET /files", "POST /files", "GET /files/:id/content", "GET /status"] as const;

describe("warnings of routes", () => {
  test("say nothing of routes, with and without a method, and of priorities", () => {
    assert.deepEqual(warnOfRoutes(["/files", "GET /files/:id/content", "critical"], ROUTES), []);
  });

  test("name what was probably meant", () => {
    assert.deepEqual(warnOfRoutes(["/staus", "/files/:id", "/nosuch", "DELETE /files"], ROUTES), [
      '"/staus" is no route that is served here; did you mean "/status"?',
      '"/files/:id" is no route that is served here; did you mean "/files/:id/content"?',
      '"/nosuch" is no route that is served here; `plinth routes` lists them',
      '"DELETE /files" is no route that is served here; `plinth routes` lists them',
    ]);
  });

  test("are not given while no thread has said what it serves", () => {
    assert.deepEqual(warnOfRoutes(["/nosuch"], []), []);
  });

  test("are in an answer only when there are any", () => {
    assert.deepEqual(withWarnings({ on: true }, []), { on: true });
    assert.deepEqual(withWarnings({ on: true }, ["careful"]), { on: true, warnings: ["careful"] });
  });
});
