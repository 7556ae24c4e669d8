import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errors } from "#src/telemetry/errors";

describe("the errors of the telemetry room", () => {
  it("are internal: none has an HTTP status, all have the room's prefix", () => {
    for (const [reason, factory] of Object.entries(errors)) {
      assert.equal(factory.status, undefined);
      assert.equal(factory.code, `E_TELEMETRY_${reason}`);
    }
  });

  it("name the labels that are wanted", () => {
    const { message } = errors.LABELS_MISMATCH({ name: "a_total", want: ["b", "c"], have: 1 });
    assert.match(message, /"a_total" has 2 labels \(b, c\), but 1/);
  });
});
