import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decideEnvironment } from "#src/config/environment";

describe("decideEnvironment", () => {
  test("APP_ENV comes before NODE_ENV", () => {
    assert.deepEqual(decideEnvironment({ APP_ENV: "test", NODE_ENV: "production" }, undefined), {
      environment: "test",
      source: "environment APP_ENV",
    });
  });
  test("NODE_ENV is the fallback", () => {
    assert.deepEqual(decideEnvironment({ NODE_ENV: "production" }, undefined), {
      environment: "production",
      source: "environment NODE_ENV",
    });
  });
  test("development without either", () => {
    assert.deepEqual(decideEnvironment({ APP_ENV: undefined }, undefined), { environment: "development", source: "default" });
  });
  test("the caller comes before both, even a broken one", () => {
    assert.deepEqual(decideEnvironment({ APP_ENV: "nonsense" }, "production"), { environment: "production", source: "caller" });
  });
  for (const name of ["APP_ENV", "NODE_ENV"]) {
    for (const value of ["prod", "", "Production", "production "]) {
      test(`${name}="${value}" is a fault, not a guess`, () => {
        assert.deepEqual(decideEnvironment({ [name]: value }, undefined), {
          in: `environment ${name}`,
          pointer: "/environment",
          detail: "expected one of development, test, production",
        });
      });
    }
  }
  test("a polluted prototype decides nothing", () => {
    const variables = Object.create({ APP_ENV: "production" }) as Record<string, string>;
    assert.deepEqual(decideEnvironment(variables, undefined), { environment: "development", source: "default" });
  });
});
