import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type ClaimRules, checkClaims, expiryOf, principalOf } from "#src/auth/claims";
import { TokenFault } from "#src/auth/jwt";

const rules: ClaimRules = { issuer: undefined, audience: undefined, tolerance: 0 };
const dates = fc.integer({ min: -4_000_000_000, max: 4_000_000_000 });

describe("claims", () => {
  it("are taken from the very moment they start on, whatever the tolerance", () => {
    fc.assert(
      fc.property(dates, fc.nat(60_000), fc.constantFrom("nbf", "iat"), (date, tolerance, name) => {
        const start = date * 1_000 - tolerance;
        checkClaims({ [name]: date }, { ...rules, tolerance }, start);
        assert.throws(() => checkClaims({ [name]: date }, { ...rules, tolerance }, start - 1), TokenFault);
      }),
    );
  });

  it("are refused while the clock gives no number", () => {
    for (const name of ["nbf", "iat"]) assert.throws(() => checkClaims({ [name]: 0 }, rules, Number.NaN), TokenFault);
  });

  it("end when they say, in milliseconds", () => {
    fc.assert(fc.property(dates, (date) => assert.equal(expiryOf({ exp: date }), date * 1_000)));
    assert.throws(() => expiryOf({}), TokenFault);
  });

  it("make a principal or a fault of any JSON, and nothing else", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("sub", "roles", "scope", "auth_time", "x"), fc.jsonValue()), (claims) => {
        try {
          const principal = principalOf(claims);
          assert.ok(typeof principal.id === "string" && principal.id !== "");
          assert.ok([...principal.roles, ...principal.scopes].every((word) => typeof word === "string"));
        } catch (thrown) {
          assert.ok(thrown instanceof TokenFault, String(thrown));
        }
      }),
    );
  });
});
