import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type ErrorCatalogue, PlinthError, defineErrors, isPlinthError, toError } from "#src/core/error";

interface Details {
  FULL: { disk: string };
  LOST: { id: number };
}

const errors: ErrorCatalogue<Details> = defineErrors<Details>("store", {
  FULL: { status: 507, title: "Storage full", message: (d) => `Disk ${d.disk} is full.` },
  LOST: { title: "Lost", message: (d) => `Item ${d.id} is lost.` },
});

describe("error catalogue", () => {
  test("builds errors with code, status, title and message", () => {
    const error = errors.FULL({ disk: "a" });
    assert.ok(error instanceof PlinthError && error instanceof Error);
    assert.deepEqual(
      { name: error.name, code: error.code, status: error.status, title: error.title, message: error.message },
      { name: "PlinthError", code: "E_STORE_FULL", status: 507, title: "Storage full", message: "Disk a is full." },
    );
    assert.equal(errors.LOST({ id: 1 }).status, undefined);
  });

  test("tells code, status and title without building an error", () => {
    assert.deepEqual([errors.FULL.code, errors.FULL.status, errors.FULL.title], ["E_STORE_FULL", 507, "Storage full"]);
    assert.deepEqual(Object.keys(errors), ["FULL", "LOST"]);
  });

  test("keeps cause, faults and headers", () => {
    const cause = new Error("deeper");
    const faults = [{ in: "body", pointer: "/a", detail: "a number" }];
    const error = errors.FULL({ disk: "a" }, { cause, faults, headers: { "Retry-After": "1" } });
    assert.equal(error.cause, cause);
    assert.equal(error.faults, faults);
    assert.deepEqual(error.headers, { "Retry-After": "1" });
  });

  test("has no cause property without a cause, and keeps a cause that is null", () => {
    assert.equal(Object.hasOwn(errors.FULL({ disk: "a" }), "cause"), false);
    assert.equal(errors.FULL({ disk: "a" }, { cause: null }).cause, null);
  });

  test("points its stack at the place that threw", () => {
    const [, first = ""] = (errors.FULL({ disk: "a" }).stack ?? "").split("\n");
    assert.match(first, /error\.test/);
  });

  test("cannot be altered", () => {
    assert.throws(() => Object.assign(errors, { FULL: undefined }), TypeError);
    assert.throws(() => Object.assign(errors.FULL, { status: 200 }), TypeError);
  });
});

describe("isPlinthError", () => {
  test("knows its own, with any code or the one asked for", () => {
    const error: unknown = errors.FULL({ disk: "a" });
    assert.ok(isPlinthError(error));
    assert.ok(isPlinthError(error, "E_STORE_FULL"));
    assert.equal(isPlinthError(error, "E_STORE_LOST"), false);
  });

  test("knows those of another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { name: "PlinthError", code: "E_STORE_FULL" });
    assert.ok(isPlinthError(foreign, "E_STORE_FULL"));
  });

  test("is not taken in by look-alikes", () => {
    fc.assert(fc.property(fc.anything(), (value) => assert.equal(isPlinthError(value), false)));
    assert.equal(isPlinthError(new Error("PlinthError")), false);
    assert.equal(isPlinthError({ name: "PlinthError", code: "E_STORE_FULL" }), false);
  });
});

describe("toError", () => {
  test("hands an Error on as it is", () => {
    const error = new TypeError("x");
    assert.equal(toError(error), error);
  });

  test("wraps anything else and keeps it as the cause, whatever it is", () => {
    const hostile = { toString: (): never => assert.fail("toString must not escape") };
    for (const thrown of [undefined, null, "text", 7, Symbol("s"), Object.create(null) as object, hostile]) {
      const error = toError(thrown);
      assert.match(error.message, /^A value that is no Error was thrown: /);
      assert.ok(Object.hasOwn(error, "cause") && error.cause === thrown);
    }
    assert.match(toError("text").message, /: text$/);
  });
});
