import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { examine, sortOut } from "#src/cli/doctor/examine";
import type { Finding } from "#src/core/mod";

const finding = (id: string): Finding => ({ id, severity: "warning", what: "a", why: "b", todo: "c" });

describe("checks", () => {
  test("that fail are findings, and do not keep the others from being made", async () => {
    const broken = {
      name: "the moon",
      examine: (): never => {
        throw new Error("it is day");
      },
    };
    const fine = { name: "the sun", examine: () => Promise.resolve([finding("too-bright")]) };
    const found = await examine([broken, fine], undefined);
    assert.deepEqual(
      found.map(({ id, what }) => `${id}: ${what}`),
      ["check-failed: the moon could not be looked at: it is day", "too-bright: a"],
    );
  });
});

describe("findings that are meant so", () => {
  test("are told apart, with their reason", () => {
    const sorted = sortOut([finding("a-b"), finding("c")], ["a-b: it is meant: so", "never-found: once it was"]);
    assert.deepEqual(sorted.findings, [finding("c")]);
    assert.deepEqual(sorted.ignored, [{ ...finding("a-b"), reason: "it is meant: so" }]);
  });

  test("are not believed without a reason", () => {
    for (const entry of ["a-b", "a-b:", "a-b:  ", "A b: reason", ": reason"]) {
      const { findings, ignored } = sortOut([finding("a-b")], [entry]);
      assert.deepEqual(
        findings.map(({ id }) => id),
        ["a-b", "ignored-without-reason"],
        entry,
      );
      assert.deepEqual(ignored, []);
    }
  });
});
