import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isAtLeast } from "#src/cli/doctor/package-floors";

describe("version floors", () => {
  const FLOORS = ["7.28.0", "8.2.0"];
  for (const version of ["7.28.0", "7.28.1", "7.28.0+build.7", "7.100.0", "8.2.0", "8.10.0", "9.0.0", "7.29.0-rc.1"]) {
    test(`${version} is at least ${FLOORS.join(" or ")}`, () => assert.equal(isAtLeast(version, FLOORS), true));
  }
  for (const version of ["7.27.9", "8.1.99", "8.0.0", "6.99.0", "7.28.0-rc.1", "0.0.0"]) {
    test(`${version} is below ${FLOORS.join(" and ")}`, () => assert.equal(isAtLeast(version, FLOORS), false));
  }
});
