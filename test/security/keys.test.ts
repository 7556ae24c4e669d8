import assert from "node:assert/strict";
import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { createKeyRing } from "#src/security/keys";
import { Secret } from "#src/core/secret";

const FIRST = "wq0ZrT7mVb2uXc5yNf8kJd3hLs6pGa9eRi1oUt4zBx";
const SECOND = "Hn5sKe8vQy1jWd4gMz7cPb0xTf3aLr6uOi9tEw2kVh";
const open = (...secrets: readonly string[]) => createKeyRing(secrets.map((secret) => new Secret(secret)));

test("signs with HMAC-SHA-256 under a key derived by HKDF for the purpose", () => {
  const key = Buffer.from(hkdfSync("sha256", FIRST, "", "plinth/link/32", 32));
  assert.equal(open(FIRST).sign("link", "/l/42"), createHmac("sha256", key).update("/l/42").digest("base64url"));
  assert.deepEqual(open(FIRST).signingKey("link").export(), key);
});

test("the first secret signs and all verify", () => {
  const old = open(SECOND);
  const rotated = open(FIRST, SECOND);
  const signature = rotated.sign("session", "id");
  assert.equal(rotated.verify("session", "id", old.sign("session", "id")), true);
  assert.equal(rotated.verify("session", "id", signature), true);
  assert.equal(open(FIRST).verify("session", "id", signature), true);
  assert.equal(old.verify("session", "id", signature), false);
  assert.equal(rotated.verificationKeys("session").length, 2);
  assert.equal(rotated.verificationKeys("session")[0], rotated.signingKey("session"));
});

test("a signature is worth nothing for other data or another purpose", () => {
  const ring = open(FIRST);
  const signature = ring.sign("session", "id");
  assert.equal(ring.verify("session", "ie", signature), false);
  assert.equal(ring.verify("session", "", signature), false);
  assert.equal(ring.verify("link", "id", signature), false);
  assert.equal(ring.verify("session", Buffer.from("id"), signature), true);
});

test("CVE-2026-21713: takes no signature but the canonical spelling of the right digest", () => {
  const ring = open(FIRST);
  const signature = ring.sign("session", "id");
  const last = signature.at(-1) as string;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const sibling = alphabet[alphabet.indexOf(last) ^ 1] as string; // decodes to the same bytes
  const flipped = (signature[0] === "A" ? "B" : "A") + signature.slice(1);
  for (const wrong of [
    "",
    signature.slice(0, -1),
    `${signature}=`,
    `${signature}A`,
    ` ${signature}`,
    `${signature}\n`,
    `${signature}\u0141`,
    signature.slice(0, -1) + sibling,
    flipped,
    signature.toUpperCase(),
    Buffer.from(signature, "base64url").toString("hex"),
    "A".repeat(43),
    "\u0141".repeat(43),
    "x".repeat(100_000),
  ]) {
    assert.equal(ring.verify("session", "id", wrong), false, wrong.slice(0, 60));
  }
});

test("keys of one purpose in two lengths have nothing in common, and are made once", () => {
  const ring = open(FIRST, SECOND);
  const [short] = ring.deriveKeys("cookie", 32);
  const [long] = ring.deriveKeys("cookie", 64);
  assert.equal(long?.export().length, 64);
  assert.notDeepEqual(long?.export().subarray(0, 32), short?.export());
  assert.equal(ring.deriveKeys("cookie", 32), ring.deriveKeys("cookie", 32));
  assert.ok(Object.isFrozen(ring.deriveKeys("cookie", 32)));
});

test("keeps deriving, and the same keys, when purposes are too many to remember", () => {
  const ring = open(FIRST);
  const first = Array.from({ length: 400 }, (_, index) => ring.sign(`p${index}`, "x"));
  assert.equal(new Set(first).size, 400);
  assert.deepEqual(
    first,
    Array.from({ length: 400 }, (_, index) => ring.sign(`p${index}`, "x")),
  );
});

test("refuses a ring without secrets, and purposes that are no names", () => {
  assert.throws(() => createKeyRing([]), { code: "E_SECURITY_KEYS_MISSING" });
  for (const purpose of ["", "Session", "a b", "1a", "a".repeat(65), "a\n", "a\0b", "\u00e4"]) {
    assert.throws(() => open(FIRST).sign(purpose, "x"), { code: "E_SECURITY_KEY_PURPOSE_INVALID" }, purpose);
  }
});

test("CVE-2026-44351: refuses empty and short secrets, and says which one", () => {
  assert.throws(() => open(""), { code: "E_SECURITY_KEY_SHORT" });
  assert.throws(() => open(FIRST, FIRST.slice(0, 31)), { code: "E_SECURITY_KEY_SHORT", message: /Root secret 2 has 31 bytes/ });
  assert.equal(open(FIRST.slice(0, 32)).verificationKeys("a").length, 1);
});

test("refuses guessable secrets without printing them", () => {
  const weak = "changeme".repeat(4);
  assert.throws(
    () => open(weak),
    (error: Error & { code: string }) => error.code === "E_SECURITY_KEY_WEAK" && !inspect(error).includes("changeme"),
  );
});

test("takes random secrets in the usual encodings", () => {
  for (let round = 0; round < 200; round++) {
    const bytes = randomBytes(48);
    const hexadecimal = bytes.toString("hex");
    assert.equal(open(bytes.toString("base64"), bytes.toString("base64url"), hexadecimal).verificationKeys("a").length, 3);
    assert.equal(open(hexadecimal.slice(0, 64), bytes.subarray(0, 32).toString("base64")).verificationKeys("a").length, 2);
  }
});

test("never prints a secret or a key", () => {
  const ring = open(FIRST);
  ring.sign("session", "id");
  const key = ring.signingKey("session").export();
  const printed = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring) + inspect(ring.signingKey("session"));
  for (const form of [FIRST, key.toString("hex"), key.toString("base64"), key.toString("base64url"), key.toString("latin1")]) {
    assert.equal(printed.includes(form), false);
  }
});
