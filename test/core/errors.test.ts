import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errors } from "#src/core/errors";

describe("errors of the core", () => {
  test("say what, where, and what to do, with what they were given", () => {
    const messages = [
      errors.DURATION_INVALID({ text: "<given>" }),
      errors.SIZE_INVALID({ text: "<given>" }),
      errors.RATE_INVALID({ text: "<given>" }),
      errors.SERVICE_UNKNOWN({ service: "db", dependency: "<given>" }),
      errors.SERVICE_DUPLICATE({ service: "<given>" }),
      errors.SERVICE_CYCLE({ path: ["a", "<given>", "a"] }),
      errors.START_FAILED({ service: "<given>", reason: "refused" }),
      errors.START_TIMEOUT({ service: "<given>", milliseconds: 5 }),
      errors.STOP_FAILED({ services: ["a", "<given>"] }),
      errors.STOP_TIMEOUT({ service: "<given>", milliseconds: 5 }),
      errors.SEGMENT_MISMATCH({ name: "<given>", have: 8, want: 16 }),
      errors.INPUT_INVALID({ name: "<given>" }),
      errors.INPUT_INVALID({ name: "for", reason: "<given>" }),
    ].map((error) => error.message);
    for (const message of messages) {
      assert.match(message, /<given>/);
      assert.doesNotMatch(message, /undefined|\[object/);
    }
    assert.match(errors.SERVICE_CYCLE({ path: ["a", "b", "a"] }).message, /a -> b -> a/);
  });

  test("never reach a caller of a service: none has a status, but the one that is for operators", () => {
    const { INPUT_INVALID, ...others } = errors;
    assert.equal(INPUT_INVALID.status, 400);
    for (const factory of Object.values(others)) assert.equal(factory.status, undefined, factory.code);
  });
});
