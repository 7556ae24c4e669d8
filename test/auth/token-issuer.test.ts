import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { bearer } from "#src/auth/bearer";
import { type SigningKeyOptions, createTokenIssuer } from "#src/auth/token-issuer";
import type { VerificationKeyOptions } from "#src/auth/verification-key";
import type { Duration } from "#src/core/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { NOW, SECRET, requestWith } from "./handmade-token.ts";

const clock = createFakeClock(NOW);
const HMAC = { algorithm: "HS256", secret: SECRET } as const;
const ed = generateKeyPairSync("ed25519");
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const decode = (part: string | undefined): unknown => JSON.parse(Buffer.from(part as string, "base64url").toString());

describe("token issuer", () => {
  it("says what was asked for and no more", () => {
    const issuer = createTokenIssuer({ key: { ...HMAC, kid: "2026" }, issuer: "parcel", audience: "api", clock });
    const [header, payload] = issuer.issue({ subject: "ada", roles: ["admin"], scopes: ["a", "b"], lifetime: "10m" }).split(".");
    assert.deepEqual(decode(header), { alg: "HS256", typ: "JWT", kid: "2026" });
    assert.deepEqual(decode(payload), {
      iss: "parcel",
      aud: "api",
      sub: "ada",
      iat: NOW / 1_000,
      exp: NOW / 1_000 + 600,
      roles: ["admin"],
      scope: "a b",
    });
    const [bareHeader, barePayload] = createTokenIssuer({ key: HMAC, clock }).issue({ subject: "ada", scopes: [] }).split(".");
    assert.deepEqual(decode(bareHeader), { alg: "HS256", typ: "JWT" });
    assert.deepEqual(decode(barePayload), { sub: "ada", iat: NOW / 1_000, exp: NOW / 1_000 + 3_600 });
  });

  it("signs so that others can verify it", () => {
    const split = (token: string): [string, Buffer] => [
      token.slice(0, token.lastIndexOf(".")),
      Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url"),
    ];
    const [hmacSigned, mac] = split(createTokenIssuer({ key: HMAC }).issue({ subject: "ada" }));
    assert.deepEqual(createHmac("sha256", SECRET).update(hmacSigned).digest(), mac);
    const [edSigned, edSignature] = split(
      createTokenIssuer({ key: { algorithm: "EdDSA", privateKey: ed.privateKey } }).issue({ subject: "ada" }),
    );
    assert.equal(verify(null, Buffer.from(edSigned), ed.publicKey, edSignature), true);
    const [ecSigned, ecSignature] = split(
      createTokenIssuer({ key: { algorithm: "ES256", privateKey: ec.privateKey } }).issue({ subject: "ada" }),
    );
    assert.equal(verify("sha256", Buffer.from(ecSigned), { key: ec.publicKey, dsaEncoding: "ieee-p1363" }, ecSignature), true);
  });

  it("makes tokens that a rule with its key takes for what they say", () => {
    const pairs: readonly (readonly [SigningKeyOptions, VerificationKeyOptions])[] = [
      [HMAC, HMAC],
      [
        { algorithm: "EdDSA", privateKey: ed.privateKey, kid: "1" },
        { algorithm: "EdDSA", publicKey: ed.publicKey, kid: "1" },
      ],
      [
        { algorithm: "ES256", privateKey: ec.privateKey },
        { algorithm: "ES256", publicKey: ec.publicKey },
      ],
    ];
    const words = fc.array(fc.stringMatching(/^[a-z:.]{1,12}$/), { maxLength: 5 });
    for (const [key, keys] of pairs) {
      const issuer = createTokenIssuer({ key, issuer: "i", audience: "a", clock });
      const rule = bearer({ keys, issuer: "i", audience: "a", clock });
      fc.assert(
        fc.property(fc.string({ minLength: 1, unit: "grapheme" }), words, words, (subject, roles, scopes) => {
          const principal = rule.identify(requestWith(`Bearer ${issuer.issue({ subject, roles, scopes })}`));
          assert.deepEqual(principal, { ...principal, id: subject, roles, scopes });
        }),
        { numRuns: 30 },
      );
    }
  });

  it("gives tokens the lifetime of the issuer, of the request, or an hour", () => {
    const lasts = (lifetime?: Duration, asked?: Duration): number => {
      const issuer = createTokenIssuer({ key: HMAC, clock, ...(lifetime && { lifetime }) });
      const { iat, exp } = decode(issuer.issue({ subject: "ada", ...(asked && { lifetime: asked }) }).split(".")[1]) as {
        iat: number;
        exp: number;
      };
      return exp - iat;
    };
    assert.deepEqual([lasts(), lasts("5m"), lasts("5m", "30s")], [3_600, 300, 30]);
  });

  it("refuses scopes that would say more than was meant", () => {
    const issuer = createTokenIssuer({ key: HMAC, clock });
    for (const scope of ["", "a b", "a admin", 'a"', "a\tb"])
      assert.throws(() => issuer.issue({ subject: "ada", scopes: ["ok", scope] }), { code: "E_AUTH_TOKEN_REFUSED" });
  });

  it("refuses tokens that nobody would take", () => {
    const issuer = createTokenIssuer({ key: HMAC, clock });
    for (const subject of ["", undefined, null, 7])
      assert.throws(() => issuer.issue({ subject: subject as string }), { code: "E_AUTH_TOKEN_REFUSED" });
    assert.throws(() => issuer.issue({ subject: "ada", lifetime: "0s" }), { code: "E_AUTH_TOKEN_REFUSED" });
    assert.throws(() => issuer.issue({ subject: "x".repeat(8_192) }), { code: "E_AUTH_TOKEN_REFUSED" });
    assert.throws(() => issuer.issue({ subject: "ada", lifetime: "soon" as Duration }), { code: "E_CORE_DURATION_INVALID" });
    const blind = createTokenIssuer({ key: HMAC, clock: { ...clock, now: () => Number.NaN } });
    assert.throws(() => blind.issue({ subject: "ada" }), { code: "E_AUTH_TOKEN_REFUSED" });
  });

  it("refuses keys that cannot sign safely", () => {
    const faulty: readonly SigningKeyOptions[] = [
      { algorithm: "HS256", secret: "short" },
      { algorithm: "HS256", secret: ed.privateKey },
      { algorithm: "EdDSA", privateKey: ed.publicKey },
      { algorithm: "ES256", privateKey: ed.privateKey },
    ];
    for (const key of faulty) assert.throws(() => createTokenIssuer({ key }), { code: "E_AUTH_KEY_INVALID" });
  });
});
