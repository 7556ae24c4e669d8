import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Secret } from "#src/core/mod";
import { type ColumnKey, encryptedColumn } from "#src/db/encrypted-column";

const [older, newer]: readonly ColumnKey[] = [
  { id: "2025", key: randomBytes(32) },
  { id: "2026", key: new Secret(randomBytes(32).toString("hex")) },
];
const column = "accounts.iban";
const open = (keys: readonly (ColumnKey | undefined)[], name = column) =>
  encryptedColumn({ column: name, keys: keys as ColumnKey[] });
const unreadable = { code: "E_DB_CIPHERTEXT_INVALID" };

describe("an encrypted column", () => {
  test("gives any text back, and shows none of it", () => {
    const iban = open([newer]);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, row) => {
        const stored = iban.encrypt(text, row);
        assert.match(stored, /^v1\.2026\.[\w-]+$/);
        assert.equal(iban.decrypt(stored, row), text);
      }),
    );
    assert.notEqual(iban.encrypt("same"), iban.encrypt("same"));
  });

  test("reads what older keys wrote, and says so", () => {
    const stored = open([older]).encrypt("DE89");
    const rotated = open([newer, older]);
    assert.equal(rotated.decrypt(stored), "DE89");
    assert.equal(rotated.isOutdated(stored), true);
    assert.equal(rotated.isOutdated(rotated.encrypt("DE89")), false);
    assert.throws(() => open([newer]).decrypt(stored), { ...unreadable, message: /"2025" is not among/ });
  });

  test("notices every byte that is changed", () => {
    const iban = open([newer]);
    const [format, id, data] = iban.encrypt("DE89 3704").split(".") as [string, string, string];
    const bytes = Buffer.from(data, "base64url");
    for (let index = 0; index < bytes.length; index += 1) {
      const damaged = Buffer.from(bytes);
      damaged[index] = (damaged[index] as number) ^ 1;
      assert.throws(() => iban.decrypt(`${format}.${id}.${damaged.toString("base64url")}`), unreadable);
    }
    assert.throws(() => iban.decrypt(`${format}.${id}.${bytes.subarray(0, -1).toString("base64url")}`), unreadable);
  });

  test("cannot be read in another column or row, or by another key of the same id", () => {
    const stored = open([newer]).encrypt("DE89", "row 1");
    assert.throws(() => open([newer], "accounts.bic").decrypt(stored, "row 1"), unreadable);
    assert.throws(() => open([newer]).decrypt(stored, "row 2"), unreadable);
    assert.throws(() => open([newer]).decrypt(stored), unreadable);
    assert.throws(() => open([{ id: "2026", key: randomBytes(32) }]).decrypt(stored, "row 1"), unreadable);
    const half = open([newer]).encrypt("DE89", "\ud800");
    assert.throws(() => open([newer]).decrypt(half, "\ud801"), unreadable);
  });

  test("takes nothing that it did not write", () => {
    const iban = open([newer]);
    for (const text of [
      "",
      "DE89",
      "v1",
      "v1.2026",
      "v1.2026.",
      "v1.2026.AAAA",
      "v2.2026.AAAA",
      "v1.__proto__.AAAA",
      "a.b.c.d",
    ]) {
      assert.throws(() => iban.decrypt(text), unreadable, text);
    }
    // The same bytes, spelled otherwise.
    const stored = iban.encrypt("DE89");
    for (const more of ["=", " ", "!"]) assert.throws(() => iban.decrypt(stored + more), unreadable, more);
  });

  test("refuses keys that are weak, doubled or without a proper id", () => {
    const invalid = { code: "E_DB_KEY_INVALID" };
    assert.throws(() => open([]), invalid);
    assert.throws(() => open([newer, newer]), invalid);
    assert.throws(() => open([{ id: "a.b", key: randomBytes(32) }]), invalid);
    for (const key of [randomBytes(16), "secret", "", `${"0".repeat(63)}g`])
      assert.throws(() => open([{ id: "a", key }]), invalid);
  });
});
