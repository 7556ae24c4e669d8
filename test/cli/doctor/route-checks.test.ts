import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RouteSurvey } from "#src/app/mod";
import { examine } from "#src/cli/doctor/examine";
import { routeChecks } from "#src/cli/doctor/route-checks";

const CALM: RouteSurvey = {
  name: "GET /orders",
  isPublic: false,
  isWrite: false,
  limited: true,
  buffers: false,
  bodyLimit: undefined,
  anyOrigin: false,
  anySite: false,
  withoutDeadline: false,
};

const ids = async (...routes: readonly Partial<RouteSurvey>[]): Promise<readonly string[]> =>
  (
    await examine(
      routeChecks,
      routes.map((route) => Object.assign({}, CALM, route)),
    )
  ).map(({ id }) => id);

describe("what routes leave open", () => {
  for (const [route, found] of [
    [{}, []],
    [{ isPublic: true }, []],
    [{ isPublic: true, isWrite: true }, ["route-public-write"]],
    [{ isPublic: true, limited: false }, ["route-unlimited"]],
    [{ limited: false }, []],
    [{ buffers: true, bodyLimit: "17mb" }, ["route-body-large"]],
    [{ buffers: true, bodyLimit: "16mb" }, []],
    [{ buffers: false, bodyLimit: "5gb" }, []],
    [{ anyOrigin: true }, ["route-any-origin"]],
    [{ anySite: true }, []],
    [{ anySite: true, isWrite: true }, ["route-any-site"]],
    [{ withoutDeadline: true }, ["route-no-deadline"]],
  ] as const) {
    test(`${JSON.stringify(route)} is found ${found.join() || "fine"}`, async () => {
      assert.deepEqual(await ids(route), found);
    });
  }

  test("is told once for all of them, and not for hundreds by name", async () => {
    const routes = Array.from({ length: 20 }, (_, index) => ({ ...CALM, name: `GET /${index}`, anyOrigin: true }));
    const findings = await examine(routeChecks, routes);
    assert.equal(findings.length, 1);
    assert.match(findings[0]?.what ?? "", /: GET \/0, .*GET \/7 and 12 more$/);
  });
});
