import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { describeFault, errors } from "#src/config/errors";

describe("config errors", () => {
  test("list faults one per line", () => {
    const faults = [
      { in: ".env", pointer: "/uploads/maxSize", detail: "expected a size" },
      { in: "config/default.yaml:1:2", pointer: "", detail: "is not valid YAML" },
    ];
    assert.equal(
      errors.INVALID({ environment: "test", faults }).message,
      "The configuration (test) has 2 faults to be corrected:\n" +
        "  uploads.maxSize: expected a size (.env)\n  config/default.yaml:1:2: is not valid YAML",
    );
    assert.match(errors.INVALID({ environment: "test", faults: faults.slice(1) }).message, /has 1 fault to be corrected:/);
  });

  test("list fifty faults at most and count the rest", () => {
    const faults = Array.from({ length: 60 }, (_, index) => ({ in: ".env", pointer: `/a${index}`, detail: "expected" }));
    const { message } = errors.INVALID({ environment: "test", faults });
    assert.equal(message.split("\n").length, 52);
    assert.match(message, /\n {2}and 10 more$/);
  });

  test("describe one fault for people", () => {
    assert.equal(describeFault({ in: "--set", pointer: "/a/0", detail: "expected a port" }), "a.0: expected a port (--set)");
  });

  test("have codes that never change", () => {
    assert.deepEqual(
      Object.values(errors).map((factory) => factory.code),
      ["INVALID", "SCHEMA_INVALID", "KEY_RESERVED", "APP_KEY_MISSING", "APP_KEY_WEAK", "APP_KEY_FILE_FAILED"].map(
        (reason) => `E_CONFIG_${reason}`,
      ),
    );
  });
});
