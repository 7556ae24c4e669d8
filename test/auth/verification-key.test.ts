import assert from "node:assert/strict";
import { createSecretKey, generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { parseToken } from "#src/auth/jwt";
import { KeyRing, type VerificationKeyOptions } from "#src/auth/verification-key";
import { hmacToken, pairToken } from "./handmade-token.ts";

// The tokens and keys of the standards' own examples.
const VECTORS: readonly (readonly [string, string, VerificationKeyOptions])[] = [
  [
    "RFC 7515, A.1 (HS256)",
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    {
      algorithm: "HS256",
      secret: createSecretKey(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        "base64url",
      ),
    },
  ],
  [
    "RFC 7515, A.3 (ES256)",
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    {
      algorithm: "ES256",
      publicKey: {
        kty: "EC",
        crv: "P-256",
        x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
      },
    },
  ],
  [
    "RFC 8037, A.4 (EdDSA)",
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    { algorithm: "EdDSA", publicKey: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } },
  ],
];

describe("key ring", () => {
  for (const [name, token, key] of VECTORS) {
    it(`verifies the example of ${name}, and no change of it`, () => {
      const ring = new KeyRing([key]);
      ring.verify(parseToken(token));
      const parsed = parseToken(token);
      assert.throws(() => ring.verify({ ...parsed, signed: `${parsed.signed}A` }), { name: "TokenFault" });
      assert.throws(() => ring.verify({ ...parsed, signature: parsed.signature.subarray(1) }), { name: "TokenFault" });
    });
  }

  it("takes signatures of the right length only", () => {
    for (const [, token, key] of VECTORS) {
      const parsed = parseToken(token);
      const whole = Buffer.concat([parsed.signature, parsed.signature]);
      for (const length of [0, 1, 31, 33, 63, 65, 128]) {
        if (length === parsed.signature.length) continue;
        const signature = whole.subarray(0, length);
        assert.throws(() => new KeyRing([key]).verify({ ...parsed, signature }), { name: "TokenFault" }, String(length));
      }
    }
  });

  it("uses no key for another key's algorithm", () => {
    const keys = VECTORS.map(([, , key]) => key);
    for (const [index, [, token]] of VECTORS.entries()) {
      const others = new KeyRing(keys.filter((_, position) => position !== index));
      assert.throws(() => others.verify(parseToken(token)), { name: "TokenFault" });
    }
  });

  it("finds the one key among several of an algorithm that made the signature", () => {
    const pairs = [1, 2, 3].map(() => generateKeyPairSync("ed25519"));
    const ring = new KeyRing(pairs.map(({ publicKey }) => ({ algorithm: "EdDSA", publicKey })));
    for (const { privateKey } of pairs) assert.doesNotThrow(() => ring.verify(parseToken(pairToken("EdDSA", privateKey))));
    assert.throws(() => ring.verify(parseToken(pairToken("EdDSA", generateKeyPairSync("ed25519").privateKey))), {
      name: "TokenFault",
    });
  });

  it("says in the fault which algorithm was asked for", () => {
    const ring = new KeyRing([VECTORS[2]?.[2] as VerificationKeyOptions]);
    assert.throws(() => ring.verify(parseToken(hmacToken())), { message: "no key for HS256 made its signature" });
  });
});
