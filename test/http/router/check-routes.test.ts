import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fault, isPlinthError } from "#src/core/mod";
import type { AuthRule, Route } from "#src/http/contract";
import { errors } from "#src/http/errors";
import { checkRoutes } from "#src/http/router/check-routes";

const declare = (method: string, path: string, auth: unknown = "public"): Route =>
  ({ kind: "route", method, path, contract: { auth }, handler: () => 1 }) as unknown as Route;
const rule: AuthRule<string> = { scheme: "test", challenge: "Test", identify: () => "me" };

function faultsOf(...routes: readonly Route[]): readonly Fault[] {
  try {
    checkRoutes(routes);
  } catch (thrown) {
    assert.ok(isPlinthError(thrown, "E_HTTP_ROUTES_INVALID"), String(thrown));
    assert.match(thrown.message, new RegExp(`\\b${thrown.faults?.length} fault`));
    return thrown.faults ?? [];
  }
  return [];
}

test("takes routes that can all be reached", () => {
  assert.deepEqual(
    faultsOf(
      declare("GET", "/"),
      declare("GET", "/orders", rule),
      declare("POST", "/orders"),
      declare("GET", "/orders/"),
      declare("GET", "/orders/:id"),
      declare("GET", "/orders/new"),
      declare("GET", String.raw`/orders/:number(\d+)`),
      declare("GET", "/orders/*"),
      declare("GET", "/orders/:order/lines"),
    ),
    [],
  );
});

test("refuses every way of not deciding who may call", () => {
  const undecided = [undefined, null, "", "Public", "none", true, false, {}, [], { identify: "yes" }, () => "public", 0];
  for (const auth of undecided) {
    const route = { ...declare("GET", "/a"), contract: auth === undefined ? {} : { auth } } as unknown as Route;
    const faults = faultsOf(route);
    assert.equal(faults.length, 1, JSON.stringify(auth));
    assert.equal(faults[0]?.in, "GET /a");
    assert.match(faults[0]?.detail ?? "", /`auth` is missing/);
  }
});

test("refuses a route declared twice, and one whose paths another answers", () => {
  assert.match(faultsOf(declare("GET", "/a"), declare("GET", "/a"))[0]?.detail ?? "", /declared twice/);
  assert.deepEqual(faultsOf(declare("GET", "/a/:x"), declare("GET", "/a/:y")), [
    { in: "GET /a/:y", pointer: "", detail: "GET /a/:x already answers these paths" },
  ]);
  assert.equal(faultsOf(declare("GET", "/a"), declare("POST", "/a")).length, 0);
});

test("refuses what the matcher refuses, with its reason", () => {
  const [slow, ...more] = faultsOf(declare("GET", "/:a((?:x+x+)+y)"));
  assert.equal(more.length, 0);
  assert.match(slow?.detail ?? "", /not safe/);
  // Two expressions at one place: the matcher cannot hold both.
  assert.equal(faultsOf(declare("GET", String.raw`/:a(\d+)`), declare("GET", "/:a([a-z]+)")).length, 1);
  assert.equal(faultsOf(declare("GET", "/:a([)")).length, 1);
});

test("reports the faults of all routes at once", () => {
  const faults = faultsOf(
    declare("GET", "/ok"),
    declare("GET", "/a b", undefined),
    { ...declare("GET", "/c"), contract: {} } as unknown as Route,
    declare("POST", "/ok/:x"),
    declare("POST", "/ok/:y"),
    declare("PUT", "bad"),
  );
  assert.deepEqual(
    faults.map((fault) => fault.in),
    ["GET /a b", "GET /c", "POST /ok/:y", "PUT bad"],
  );
});

test("refuses names that are no names, and names given twice", () => {
  const named = (name: string, path = "/a"): Route =>
    ({ ...declare("GET", path), contract: { auth: "public", name } }) as unknown as Route;
  assert.deepEqual(faultsOf(named("files.show"), named("files.list", "/b"), named("a-b_C1", "/c")), []);
  assert.deepEqual(faultsOf(named("files.show"), named("files.show", "/b")), [
    { in: "GET /b", pointer: "", detail: 'GET /a is named "files.show" already' },
  ]);
  for (const name of ["", "/a", ".a", "1", "a b", "a/b", "x".repeat(129)]) {
    assert.match(faultsOf(named(name))[0]?.detail ?? "", /^`name` "/, name);
  }
});

test("refuses deprecations that are at fault, and errors that callers would never see", () => {
  const withContract = (contract: object): Route =>
    ({ ...declare("GET", "/a"), contract: { auth: "public", ...contract } }) as unknown as Route;
  assert.match(faultsOf(withContract({ deprecated: { since: "soon" } }))[0]?.detail ?? "", /no date/);
  assert.deepEqual(faultsOf(withContract({ deprecated: true })), []);
  const { REPLY_INVALID, GONE } = errors;
  assert.match(faultsOf(withContract({ errors: [REPLY_INVALID, GONE] }))[0]?.detail ?? "", /^E_HTTP_REPLY_INVALID has no status/);
});
