import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseKey } from "#src/idempotency/key";

const UUID = "8e03978e-40d5-43dd-bc93-6894a57f9324";

const KEYS: readonly (readonly [header: string, key: string | undefined])[] = [
  [`"${UUID}"`, UUID],
  [UUID, UUID],
  [`  "${UUID}"\t`, UUID],
  [`"a"`, "a"],
  ["a", "a"],
  [`"with blanks and , and ;"`, "with blanks and , and ;"],
  [String.raw`"a \"quoted\" \\ backslash"`, String.raw`a "quoted" \ backslash`],
  [`"key";a=1`, "key"],
  [`"key"; a=1 ;b`, "key"],
  [`"${"k".repeat(255)}"`, "k".repeat(255)],
  ["k".repeat(255), "k".repeat(255)],
  ["!#$%&'()*+-./:<=>?@[]^_`{|}~", "!#$%&'()*+-./:<=>?@[]^_`{|}~"],
  ["01J9Z3V4X5", "01J9Z3V4X5"],
  [":Y2Fm6Q==:", ":Y2Fm6Q==:"],
  // Not a key.
  ["", undefined],
  ["   ", undefined],
  [`""`, undefined],
  [`"`, undefined],
  [`"open`, undefined],
  [`close"`, undefined],
  [`"a" "b"`, undefined],
  [`"a", "b"`, undefined],
  ["a, b", undefined],
  ["a,b", undefined],
  ["a b", undefined],
  ["a;b", undefined],
  [String.raw`a\b`, undefined],
  [String.raw`"a\b"`, undefined],
  [String.raw`"a\"`, undefined],
  [`"tab\there"`, undefined],
  [`"grüße"`, undefined],
  ["grüße", undefined],
  ["\u0000", undefined],
  [`"\u007f"`, undefined],
  [`"${"k".repeat(256)}"`, undefined],
  ["k".repeat(256), undefined],
  [`"key"a`, undefined],
  [`"key";A=1`, undefined],
  [`"key";a="${"x".repeat(600)}"`, undefined],
];

describe("an Idempotency-Key", () => {
  for (const [header, key] of KEYS) {
    const shown = header.length > 40 ? `${header.slice(0, 40)}…` : header;
    it(`${JSON.stringify(shown)} is ${key === undefined ? "refused" : "taken"}`, () => {
      assert.equal(parseKey(header), key);
    });
  }

  it("is read in no time, whatever it is", () => {
    const hostile = [`"${'\\"'.repeat(8_000)}`, `"a"${" ;a".repeat(5_000)}!`, " ".repeat(16_384), "\\".repeat(16_384)];
    const began = performance.now();
    for (const header of hostile) assert.equal(parseKey(header), undefined);
    assert.ok(performance.now() - began < 20);
  });
});
