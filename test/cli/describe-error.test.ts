import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errors as appErrors } from "#src/app/mod";
import { describeError } from "#src/cli/describe-error";
import { errors as configErrors } from "#src/config/mod";
import { defineErrors } from "#src/core/mod";

const errors = defineErrors<{ REFUSED: { what: string } }>("shop", {
  REFUSED: { title: "Refused", message: (d) => `The ${d.what} was refused.` },
});

describe("an error on the terminal", () => {
  test("that was foreseen is its code and message, without a stack", () => {
    assert.equal(describeError(errors.REFUSED({ what: "order" })), "E_SHOP_REFUSED: The order was refused.");
  });

  test("lists every fault that it sums up", () => {
    const faults = ["a", "b"].map((name) => ({ in: "route", pointer: `/${name}`, detail: `no ${name}` }));
    assert.equal(
      describeError(errors.REFUSED({ what: "order" }, { faults })),
      "E_SHOP_REFUSED: The order was refused.\n  route /a no a\n  route /b no b",
    );
  });

  test("does not repeat faults that its message lists", () => {
    const faults = [{ in: "--set", pointer: "/port", detail: "expected a port" }];
    const text = describeError(configErrors.INVALID({ environment: "test", faults }, { faults }));
    assert.equal(text.split("\n").filter((line) => line.includes("expected a port")).length, 1);
  });

  test("that nobody foresaw has its stack", () => {
    const text = describeError(new TypeError("a defect"));
    assert.match(text, /^TypeError: a defect\n +at .*describe-error\.test/);
    assert.equal(describeError("thrown as it is"), "thrown as it is");
  });

  test("of the app's own module says where in it, without Node's part of the stack", () => {
    const cause = new Error("boom");
    cause.stack =
      "Error: boom\n    at file:///srv/app.ts:3:7\n    at ModuleJob.run (node:internal/modules/esm/module_job:569:25)\n    at async node:internal/modules/esm/loader:650:26";
    const error = appErrors.MODULE_FAILED({ path: "/srv/app.ts", reason: "boom" }, { cause });
    assert.equal(
      describeError(error),
      "E_APP_MODULE_FAILED: /srv/app.ts could not be loaded: boom\n  Error: boom\n      at file:///srv/app.ts:3:7",
    );
  });

  test("that callers of a service see says here what is behind it", () => {
    const { AWAY } = defineErrors<{ AWAY: object }>("shop", {
      AWAY: { title: "Away", status: 503, message: () => "Try later." },
    });
    const cause = new Error("connect ECONNREFUSED 192.0.2.1:5432");
    assert.equal(describeError(AWAY({}, { cause })), "E_SHOP_AWAY: Try later. (connect ECONNREFUSED 192.0.2.1:5432)");
    assert.equal(describeError(AWAY({})), "E_SHOP_AWAY: Try later.");
    assert.equal(describeError(AWAY({}, { cause: new Error("later") })), "E_SHOP_AWAY: Try later.", "nothing is said twice");
  });

  test("with any other cause keeps that to itself", () => {
    assert.doesNotMatch(describeError(errors.REFUSED({ what: "order" }, { cause: new Error("inside") })), /inside/);
  });
});
