import assert from "node:assert/strict";
import { createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hmacKey } from "#src/auth/hmac-secret";
import { Secret } from "#src/core/mod";

const refused = { code: "E_AUTH_KEY_INVALID" };

describe("secrets for HMAC", () => {
  it("are taken as text, Secret or key object, with exactly their bytes", () => {
    const text = "o7Vq".repeat(8);
    for (const secret of [text, new Secret(text), createSecretKey(Buffer.from(text))])
      assert.equal(hmacKey(secret).export().toString(), text);
    assert.equal(hmacKey(`${text}\n`).export().length, 33);
    assert.equal(hmacKey("s".repeat(32)).symmetricKeySize, 32);
    assert.equal(hmacKey("é".repeat(16)).symmetricKeySize, 32);
  });

  it("are refused when shorter than 32 bytes, empty ones first of all (CVE-2026-44351, CVE-2026-45363)", () => {
    const short = ["", " ", "s", "s".repeat(31), " ".repeat(40), "\n".repeat(40), `${"s".repeat(31)}\n`, "\ufeff".repeat(40)];
    for (const secret of short) {
      assert.throws(() => hmacKey(secret), refused, JSON.stringify(secret));
      assert.throws(() => hmacKey(new Secret(secret)), refused);
    }
    assert.throws(() => hmacKey(createSecretKey(randomBytes(31))), refused);
    assert.throws(() => hmacKey(createSecretKey(Buffer.alloc(0))), refused);
  });

  it("are refused when everybody knows them", () => {
    const known = [
      "a-string-secret-at-least-256-bits-long",
      "A-STRING-SECRET-AT-LEAST-256-BITS-LONG",
      " a-string-secret-at-least-256-bits-long\n",
      "super-secret-jwt-token-with-at-least-32-characters-long",
      "changeme".repeat(4),
      "change-me-change-me-change-me-change-me",
      "secret".repeat(6),
      "supersecretsupersecretsupersecret123",
      "my-very-long-secret-key-my-very-long-secret-key",
      "password".repeat(4),
      "0".repeat(32),
      "12345678901234567890123456789012",
    ];
    for (const secret of known) {
      assert.throws(() => hmacKey(secret), refused, secret);
      assert.throws(() => hmacKey(createSecretKey(Buffer.from(secret))), refused, secret);
    }
    assert.throws(() => hmacKey(createSecretKey(Buffer.alloc(32))), refused);
  });

  it("are taken when they are random", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 64 }), (bytes) => {
        fc.pre(bytes.some((byte) => byte !== 0));
        assert.equal(hmacKey(createSecretKey(bytes)).symmetricKeySize, bytes.length);
        assert.equal(hmacKey(Buffer.from(bytes).toString("hex")).symmetricKeySize, bytes.length * 2);
      }),
    );
  });

  it("are refused when they are keys of another kind, whatever surrounds them (CVE-2023-48223, CVE-2026-34950)", () => {
    const pairs = [
      generateKeyPairSync("ed25519"),
      generateKeyPairSync("ec", { namedCurve: "P-256" }),
      generateKeyPairSync("rsa", { modulusLength: 1_024 }),
    ];
    for (const { publicKey, privateKey } of pairs) {
      const pem = publicKey.export({ type: "spki", format: "pem" });
      const texts = [
        pem,
        privateKey.export({ type: "pkcs8", format: "pem" }),
        JSON.stringify(publicKey.export({ format: "jwk" })),
        JSON.stringify(publicKey.export({ format: "jwk" }), undefined, 2),
        publicKey.export({ type: "spki", format: "der" }).toString("base64"),
        pem.split("\n").slice(1, -2).join("\n"),
      ];
      for (const text of texts) {
        for (const around of ["", " ", "\n", "\r\n\t", "\ufeff", "\u00a0", "\u200b", "\0"])
          assert.throws(() => hmacKey(around + text), refused, JSON.stringify(around + text));
        assert.throws(() => hmacKey(new Secret(text)), refused);
      }
      assert.throws(() => hmacKey(`# key\n${pem}`), refused);
      assert.throws(() => hmacKey(publicKey), { ...refused, message: /a public key is no secret/ });
      assert.throws(() => hmacKey(privateKey), { ...refused, message: /a private key is no secret/ });
    }
    assert.throws(() => hmacKey(`ssh-ed25519 ${"A".repeat(60)} ada@example`), refused);
  });

  it("are refused when they are no secrets at all", () => {
    for (const value of [undefined, null, 7, {}, [], randomBytes(32), new Secret(7)])
      assert.throws(() => hmacKey(value as string), refused);
  });

  it("never appear in the error", () => {
    const secret = "changeme-changeme-changeme-changeme";
    assert.throws(
      () => hmacKey(secret),
      (error: Error) => !JSON.stringify([error.message, error.stack]).includes(secret),
    );
  });
});
