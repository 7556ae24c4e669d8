import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Fault } from "#src/core/mod";
import type { Route, VersionOptions } from "#src/http/contract";
import { checkRoutes } from "#src/http/router/check-routes";
import { checkVersions } from "#src/http/router/check-versions";
import { group, route } from "#src/http/route";

const one = (version?: string, path = "/a"): Route =>
  route.get(path, { auth: "public", ...(version === undefined ? {} : { version }) }, () => 1);
const detailsOf = (faults: readonly Fault[]): string[] => faults.map(({ in: place, detail }) => `${place}: ${detail}`);
const check = (routes: readonly Route[], options?: VersionOptions): string[] => detailsOf(checkVersions(routes, options));

describe("versions", () => {
  test("are taken where each can be asked for", () => {
    assert.deepEqual(check([one("1"), one("2"), one(undefined, "/b")], { default: "2", header: "x-version" }), []);
    assert.doesNotThrow(() => checkRoutes([one("1"), one("2")], { default: "1" }));
  });

  test("may be announced before there are any, and in a thread without routes", () => {
    assert.deepEqual(check([], { default: "2" }), []);
    assert.deepEqual(check([one()], { default: "2" }), []);
    assert.deepEqual(check([one()]), []);
  });

  test("need a default that is said, and that some route has", () => {
    assert.match(check([one("1")])[0] ?? "", /^versions: GET \/a has a version: say `versions: \{ default/);
    assert.match(check([one("1")], { default: "2" })[0] ?? "", /^versions: no route has the default version "2"/);
  });

  test("are refused when two routes have the same, or one beside them has none", () => {
    assert.deepEqual(check([one("1"), one("1")], { default: "1" }), ['GET /a: version "1" is declared twice']);
    assert.match(check([one("1"), one()], { default: "1" })[0] ?? "", /stands beside a route without a version/);
    assert.match(check([one(), one("1")], { default: "1" })[0] ?? "", /stands beside a route without a version/);
    assert.deepEqual(check([...group({ version: "1" }, [one()]), one("1")], { default: "1" }).length, 1);
  });

  test("are refused when a header cannot carry them as they are", () => {
    for (const version of ["", "a b", "1,2", "ü", "1\r\nx: y", "x".repeat(65)]) {
      assert.equal(check([one(version), one("1")], { default: "1" }).length, 1, version);
    }
    for (const header of ["", "API-Version", "a b", "a:", "1a"]) {
      assert.match(check([one("1")], { default: "1", header })[0] ?? "", /is no header name/, header);
    }
  });

  test("of one path have one template", () => {
    assert.throws(
      () => checkRoutes([one("1", "/a/:x"), one("2", "/a/:y")], { default: "1" }),
      (thrown: { faults: Fault[] }) => {
        assert.deepEqual(detailsOf(thrown.faults), ["GET /a/:y: GET /a/:x already answers these paths"]);
        return true;
      },
    );
  });
});
