import assert from "node:assert/strict";
import { createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { type KeyMaterial, privateKeyOf, publicKeyOf } from "#src/auth/key-pair";

const ed = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const others = [
  generateKeyPairSync("ec", { namedCurve: "P-384" }),
  generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
  generateKeyPairSync("rsa", { modulusLength: 1_024 }),
  generateKeyPairSync("ed448"),
  generateKeyPairSync("x25519"),
];
const refused = { code: "E_AUTH_KEY_INVALID" };

describe("key pairs", () => {
  for (const [algorithm, right, wrong] of [
    ["EdDSA", ed, p256],
    ["ES256", p256, ed],
  ] as const) {
    it(`for ${algorithm} are read from key objects, PEM and JSON Web Keys`, () => {
      const publics = [
        right.publicKey,
        right.publicKey.export({ type: "spki", format: "pem" }),
        right.publicKey.export({ format: "jwk" }),
      ];
      for (const material of publics) assert.equal(publicKeyOf(algorithm, material).equals(right.publicKey), true);
      const privates = [
        right.privateKey,
        right.privateKey.export({ type: "pkcs8", format: "pem" }),
        right.privateKey.export({ format: "jwk" }),
      ];
      for (const material of privates) assert.equal(privateKeyOf(algorithm, material).equals(right.privateKey), true);
    });

    it(`for ${algorithm} are refused when they are for another algorithm or curve (CVE-2022-23539)`, () => {
      for (const pair of [wrong, ...others]) {
        assert.throws(() => publicKeyOf(algorithm, pair.publicKey), refused);
        assert.throws(() => privateKeyOf(algorithm, pair.privateKey), refused);
      }
    });

    it(`for ${algorithm} give a public key from a private one, never the other way round`, () => {
      assert.equal(publicKeyOf(algorithm, right.privateKey).equals(right.publicKey), true);
      assert.throws(() => privateKeyOf(algorithm, right.publicKey), refused);
    });
  }

  it("are refused when they are secrets or nothing that can be read", () => {
    const unreadable = [
      createSecretKey(randomBytes(32)),
      "",
      "secret",
      "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
      {},
      { kty: "oct", k: "AAAA" },
      { kty: "EC", crv: "P-256", x: "AA", y: "AA" },
      null,
      7,
    ];
    for (const material of unreadable) {
      assert.throws(() => publicKeyOf("ES256", material as KeyMaterial), refused, JSON.stringify(material));
      assert.throws(() => privateKeyOf("ES256", material as KeyMaterial), refused);
    }
  });
});
