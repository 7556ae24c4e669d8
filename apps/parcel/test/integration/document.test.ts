import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fuzzRoutes } from "plinth/testing";
import { authorizationOf, openParcel } from "../support/parcel.ts";

describe("Parcel's API document", () => {
  test("keeps its promises to 2,000 valid and 2,000 invalid random requests", async (t) => {
    // Time runs by a second a request here, which looks like an overload.
    await using parcel = await openParcel({ loadShedding: false });
    const { app, clock } = parcel;
    const authorization = await authorizationOf("ada", clock);
    // A second passes between requests, so that limits refill: what is beyond them is tested elsewhere.
    const target = {
      fetch(request: Request): Promise<Response> {
        clock.advance(1_000);
        return app.fetch(request);
      },
    };
    const report = await fuzzRoutes(target, { credentials: { bearer: { authorization } } });
    t.diagnostic(`seed ${report.seed}: ${JSON.stringify(report.statuses)}`);
    assert.ok(report.sent.valid >= 2_000 && report.sent.invalid >= 2_000, JSON.stringify(report.sent));
    assert.deepEqual([report.refused, report.accepted], [{}, {}], `seed ${report.seed}`);
    for (const status of [200, 201, 400, 401, 404]) assert.ok((report.statuses[status] ?? 0) > 0, `no answer was a ${status}`);
  });
});
