import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { optionalCount, optionalDuration, optionalText, requiredText } from "#src/core/service-action";

const invalid = { code: "E_CORE_INPUT_INVALID", status: 400 };

describe("what an operator sent", () => {
  it("is a text that is not empty, where it has to be there", () => {
    assert.equal(requiredText({ key: "ada" }, "key"), "ada");
    assert.equal(optionalText({}, "key"), undefined);
    for (const input of [{}, { key: "" }, { key: 7 }, { key: null }]) assert.throws(() => requiredText(input, "key"), invalid);
  });

  it("is a duration in which something can happen", () => {
    assert.equal(optionalDuration({}, "for"), undefined);
    for (const text of ["1ms", "1.5h", "36500d"]) assert.equal(optionalDuration({ for: text }, "for"), text);
    for (const value of ["", "xx", "1 h", "-1h", "0s", "0.0d", "36526d", "999999999999d", 5, null])
      assert.throws(() => optionalDuration({ for: value }, "for"), invalid, String(value));
    assert.throws(() => optionalDuration({ for: "xx" }, "for"), { message: /^`for` must be a duration such as "30s"/ });
  });

  it("is a whole number from 1", () => {
    assert.equal(optionalCount({}, "most"), undefined);
    assert.equal(optionalCount({ most: "20" }, "most"), 20);
    for (const value of ["", "abc", "0", "-1", "1.5", "1e3", " 1", "9999999999", 20])
      assert.throws(() => optionalCount({ most: value }, "most"), invalid, String(value));
  });
});
