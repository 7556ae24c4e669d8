import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type BearerOptions, bearer } from "#src/auth/bearer";
import { type Clock, PlinthError, Secret } from "#src/core/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { CLAIMS, NOW, SECRET, encode, hmacToken, pairToken, requestWith, signHmac } from "./handmade-token.ts";

const clock = createFakeClock(NOW);
const seconds = NOW / 1_000;
const ISSUER = "https://login.test";
const AUDIENCE = "https://api.test";
const HMAC = { algorithm: "HS256", secret: SECRET } as const;
const base: BearerOptions = { keys: HMAC, issuer: ISSUER, audience: AUDIENCE, clock };

const identify = (token: string, options: Partial<BearerOptions> = {}) =>
  bearer({ ...base, ...options }).identify(requestWith(`Bearer ${token}`));

function refusal(run: () => unknown): PlinthError {
  try {
    run();
  } catch (thrown) {
    assert.ok(thrown instanceof PlinthError, `threw ${String(thrown)}`);
    return thrown;
  }
  assert.fail("was let in");
}

/** Asserts the public face of a refusal: it never says which check failed. */
function refuses(token: string, options: Partial<BearerOptions> = {}): void {
  const error = refusal(() => identify(token, options));
  assert.deepEqual([error.code, error.status], ["E_AUTH_TOKEN_INVALID", 401], `${token}: ${String(error.cause)}`);
  assert.equal(error.message, "The access token is not valid here. Get a new one and send it unchanged.");
  assert.equal(error.headers?.["WWW-Authenticate"], 'Bearer realm="api", error="invalid_token"');
  assert.ok(error.cause instanceof Error && error.cause.message !== "");
}

const without = (name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));

describe("bearer tokens", () => {
  it("say who is calling", () => {
    const claims = {
      ...CLAIMS,
      roles: ["admin", "user"],
      scope: "files:read files:write",
      auth_time: seconds - 30,
      team: { id: 7 },
    };
    const principal = identify(hmacToken(claims));
    assert.deepEqual(
      { ...principal, claims: { ...principal.claims } },
      {
        kind: "user",
        id: "ada",
        roles: ["admin", "user"],
        scopes: ["files:read", "files:write"],
        method: "bearer",
        authenticatedAt: NOW - 30_000,
        claims,
      },
    );
  });

  it("give no roles, scopes or time of sign-in that they do not name", () => {
    const principal = identify(hmacToken());
    assert.deepEqual([principal.roles, principal.scopes, principal.authenticatedAt], [[], [], undefined]);
    assert.deepEqual(identify(hmacToken({ ...CLAIMS, scope: "  a  b " })).scopes, ["a", "b"]);
  });

  it("give a principal that no request can change for the next one", () => {
    const rule = bearer(base);
    const token = hmacToken({ ...CLAIMS, roles: ["user"], team: { members: ["ada"] } });
    const principal = rule.identify(requestWith(`Bearer ${token}`)) as unknown as Record<string, unknown>;
    const claims = principal.claims as { team: { members: string[] } };
    assert.throws(() => (principal.roles as string[]).push("admin"), TypeError);
    assert.throws(() => (principal.scopes as string[]).push("all"), TypeError);
    assert.throws(() => claims.team.members.push("eve"), TypeError);
    assert.throws(() => Object.assign(principal, { id: "eve" }), TypeError);
  });

  it("are asked for when none are sent, or those of another scheme (CVE-2026-44459)", () => {
    const rule = bearer({ ...base, realm: "files" });
    const token = hmacToken();
    for (const field of [
      undefined,
      "",
      " ",
      "Bearer",
      "bearer",
      token,
      `Basic ${token}`,
      `Token ${token}`,
      `JWT ${token}`,
      `Bearer:${token}`,
      `Bearer\t${token}`,
      ` Bearer ${token}`,
      `XBearer ${token}`,
      `Bearer=${token}`,
    ]) {
      const error = refusal(() => rule.identify(requestWith(field)));
      assert.deepEqual([error.code, error.status], ["E_AUTH_CREDENTIALS_MISSING", 401], JSON.stringify(field));
      assert.deepEqual(error.headers, { "WWW-Authenticate": 'Bearer realm="files"' });
    }
    assert.equal(rule.challenge, 'Bearer realm="files"');
    assert.equal(rule.scheme, "bearer");
  });

  it("are taken with the scheme in any case", () => {
    for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR"])
      assert.equal(bearer(base).identify(requestWith(`${scheme} ${hmacToken()}`)).id, "ada");
  });

  it("are verified with keys of every kind and algorithm", () => {
    const ed = generateKeyPairSync("ed25519");
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    for (const [algorithm, pair] of [
      ["EdDSA", ed],
      ["ES256", ec],
    ] as const) {
      const token = pairToken(algorithm, pair.privateKey);
      const materials = [
        pair.publicKey,
        pair.privateKey,
        pair.publicKey.export({ type: "spki", format: "pem" }),
        pair.publicKey.export({ format: "jwk" }),
      ];
      for (const publicKey of materials) assert.equal(identify(token, { keys: { algorithm, publicKey } }).id, "ada");
    }
    assert.equal(identify(hmacToken(), { keys: { algorithm: "HS256", secret: new Secret(SECRET) } }).id, "ada");
    assert.equal(
      identify(hmacToken(CLAIMS, undefined, "s".repeat(32)), { keys: { algorithm: "HS256", secret: "s".repeat(32) } }).id,
      "ada",
    );
  });

  it("are of the types JWT and at+jwt, or of none", () => {
    for (const typ of [undefined, "JWT", "jwt", "at+jwt", "AT+JWT"])
      assert.equal(identify(hmacToken(CLAIMS, { alg: "HS256", typ })).id, "ada");
    for (const typ of ["", "dpop+jwt", "id_token", "JOSE", "jwt ", 7, null, ["JWT"], {}])
      refuses(hmacToken(CLAIMS, { alg: "HS256", typ }));
  });
});

describe("bearer tokens that are forged", () => {
  it("are refused with alg none, in any case and with any signature (CVE-2022-23540)", () => {
    for (const alg of ["none", "None", "NONE", "nOnE", "", "HS", "HS256 ", " HS256", "hs256", "null"]) {
      const signed = `${encode({ alg, typ: "JWT" })}.${encode(CLAIMS)}`;
      refuses(`${signed}.`);
      refuses(`${signed}.${signHmac(signed)}`);
      refuses(signed);
    }
  });

  it("are refused when their algorithm is not the key's (CVE-2026-44459)", () => {
    for (const [alg, hash] of [
      ["HS384", "sha384"],
      ["HS512", "sha512"],
      ["RS256", "sha256"],
      ["ES256", "sha256"],
      ["EdDSA", "sha256"],
    ] as const) {
      const signed = `${encode({ alg })}.${encode(CLAIMS)}`;
      refuses(`${signed}.${signHmac(signed, SECRET, hash)}`);
    }
    for (const alg of [null, 256, ["HS256"], { HS256: true }, true]) refuses(hmacToken(CLAIMS, { alg }));
    refuses(hmacToken(CLAIMS, { typ: "JWT" }));
  });

  it("are refused when a public key was taken for an HMAC secret, however it is spelled (CVE-2023-48223, CVE-2026-34950)", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const ed = generateKeyPairSync("ed25519").publicKey;
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey;
    for (const [algorithm, key] of [
      ["ES256", publicKey],
      ["EdDSA", ed],
    ] as const) {
      const pem = key.export({ type: "spki", format: "pem" });
      const forgeries = [
        pem,
        pem.trim(),
        key.export({ type: "spki", format: "der" }),
        JSON.stringify(key.export({ format: "jwk" })),
      ];
      for (const forgery of forgeries) {
        refuses(hmacToken(CLAIMS, { alg: "HS256" }, forgery), { keys: { algorithm, publicKey: key } });
        refuses(hmacToken(CLAIMS, { alg: algorithm }, forgery), { keys: { algorithm, publicKey: key } });
      }
    }
    for (const key of [publicKey, ed, rsa]) {
      assert.throws(() => bearer({ keys: { algorithm: "HS256", secret: key } }), { code: "E_AUTH_KEY_INVALID" });
    }
  });

  it("are refused with a signature that is missing, cut, lengthened, changed or of something else", () => {
    const token = hmacToken();
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const bytes = Buffer.from(signature, "base64url");
    refuses(`${header}.${payload}.`);
    refuses(`${header}.${payload}.${bytes.subarray(0, 31).toString("base64url")}`);
    refuses(`${header}.${payload}.${Buffer.concat([bytes, Buffer.alloc(1)]).toString("base64url")}`);
    refuses(`${header}.${payload}.${Buffer.alloc(32).toString("base64url")}`);
    refuses(`${header}.${encode({ ...CLAIMS, sub: "eve" })}.${signature}`);
    refuses(`${encode({ alg: "HS256" })}.${payload}.${signature}`);
    for (let bit = 0; bit < 256; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      refuses(`${header}.${payload}.${changed.toString("base64url")}`);
    }
  });

  it("are refused with an ECDSA signature in DER, or of zeros (CVE-2022-21449)", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const keys = { algorithm: "ES256", publicKey } as const;
    refuses(pairToken("ES256", privateKey, { der: true }), { keys });
    refuses(`${encode({ alg: "ES256" })}.${encode(CLAIMS)}.${Buffer.alloc(64).toString("base64url")}`, { keys });
  });

  it("are refused with keys that they bring along themselves (CVE-2018-0114)", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const jwk = publicKey.export({ format: "jwk" });
    const header = { jwk, jku: "https://evil.test/keys", x5u: "https://evil.test/cert", x5c: ["AAAA"], kid: "../../dev/null" };
    const other = generateKeyPairSync("ed25519").publicKey;
    refuses(pairToken("EdDSA", privateKey, { header }), { keys: { algorithm: "EdDSA", publicKey: other } });
  });

  it("are refused with critical extensions, known or not (GHSA-hm7r-c7qw-ghp6, GHSA-752w-5fwx-jx9f)", () => {
    for (const crit of [["b64"], ["exp"], ["x"], [], "b64", null, {}, 0])
      refuses(hmacToken(CLAIMS, { alg: "HS256", crit, b64: false, x: 1 }));
  });
});

describe("bearer tokens that are misspelled", () => {
  it("are refused with white space, marks or padding anywhere (CVE-2026-34950)", () => {
    const token = hmacToken();
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const strays = [
      " ",
      "\t",
      "\n",
      "\r\n",
      "\v",
      "\f",
      "\0",
      "\u00a0",
      "\u1680",
      "\u2000",
      "\u2003",
      "\u2028",
      "\u2029",
      "\u202f",
      "\u205f",
      "\u3000",
      "\ufeff",
      "\u200b",
      "\u180e",
      "\u2060",
      "=",
      "==",
      "%20",
      "+",
      "/",
      ",",
      ";",
      '"',
      "'",
      "ı",
    ];
    assert.equal(strays.length, 30);
    for (const stray of strays) {
      for (const variant of [
        stray + token,
        token + stray,
        `${header}${stray}.${payload}.${signature}`,
        `${header}.${stray}${payload}.${signature}`,
        `${header}.${payload}.${stray}${signature}`,
        token.slice(0, 10) + stray + token.slice(10),
      ])
        refuses(variant);
    }
  });

  it("are refused with a signed part that is not strict base64url, though the signature is right", () => {
    const parts: readonly (readonly [string, string])[] = [
      [encode({ alg: "HS256" }), `${encode(CLAIMS)}=`],
      [`${encode({ alg: "HS256" })}\n`, encode(CLAIMS)],
      [encode({ alg: "HS256" }), Buffer.from(JSON.stringify({ ...CLAIMS, x: "???>>>" })).toString("base64")],
      [encode({ alg: "HS256" }), ""],
      ["", encode(CLAIMS)],
    ];
    for (const [header, payload] of parts) refuses(`${header}.${payload}.${signHmac(`${header}.${payload}`)}`);
  });

  it("are refused with stray bits in the last character, so that one signature has one spelling", () => {
    const token = hmacToken();
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const accepted = Array.from(alphabet).filter((letter) => {
      try {
        return identify(token.slice(0, -1) + letter).id === "ada";
      } catch {
        return false;
      }
    });
    assert.deepEqual(accepted, [token.at(-1)]);
  });

  it("are refused with two, four or more parts, or several tokens", () => {
    const token = hmacToken();
    for (const variant of [
      "",
      ".",
      "..",
      "...",
      `${token}.`,
      `.${token}`,
      `${token}.${token}`,
      `${token}.AAAA.AAAA`,
      `${token},${token}`,
      `${token}, Bearer ${token}`,
      `${token} ${token}`,
      ` ${token}`,
    ])
      refuses(variant);
  });

  it("are refused when they are not JSON objects in UTF-8, though the signature is right", () => {
    const whole = JSON.stringify(CLAIMS);
    for (const payload of [
      "null",
      "true",
      "7",
      '"text"',
      "[]",
      `[${whole}]`,
      "{",
      `${whole},`,
      `\ufeff${whole}`,
      `${whole}\0`,
      "undefined",
      "NaN",
      "",
    ])
      refuses(hmacToken(payload));
    for (const header of ["null", "[]", '"HS256"', '\ufeff{"alg":"HS256"}', "{alg:'HS256'}"]) refuses(hmacToken(CLAIMS, header));
    const latin = Buffer.from(JSON.stringify({ ...CLAIMS, sub: "ad\u00e1" }), "latin1");
    const signed = `${encode({ alg: "HS256" })}.${latin.toString("base64url")}`;
    refuses(`${signed}.${signHmac(signed)}`);
    refuses(hmacToken(encode({ alg: "HS256" }), { alg: "HS256", cty: "JWT" }));
  });

  it("are refused when they are longer than 8 KB, and taken up to there", () => {
    const sized = (length: number): string => {
      const bare = hmacToken({ ...CLAIMS, pad: "" }).length;
      let token = "";
      for (let pad = Math.floor(((length - bare) * 3) / 4) - 3; token.length < length; pad += 1)
        token = hmacToken({ ...CLAIMS, pad: "x".repeat(pad) });
      return token;
    };
    assert.equal(identify(sized(8_190).slice(0)).id, "ada");
    refuses(sized(8_193));
    refuses("A".repeat(1_000_000));
  });

  it("never crash the rule or let anyone in, whatever is sent as Authorization (GHSA-xmf8-cvqr-rfgj)", () => {
    const rule = bearer(base);
    const naughty = [
      "undefined",
      "null",
      "true",
      "NaN",
      "{}",
      "[]",
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "\ud800",
      "😀".repeat(50),
      "../../etc/passwd",
      "' OR 1=1--",
      "${7*7}",
      "%00",
      "\u202e",
      "e30.e30.e30",
      "bnVsbA.bnVsbA.bnVsbA",
      "a".repeat(70_000),
      "..".repeat(5_000),
    ];
    const fields = naughty.flatMap((text) => [text, `Bearer ${text}`, `Bearer ${text}.${text}.${text}`]);
    for (const field of fields) assert.equal(refusal(() => rule.identify(requestWith(field))).status, 401, field.slice(0, 60));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, prefixed) => {
        assert.equal(refusal(() => rule.identify(requestWith(prefixed ? `Bearer ${text}` : text))).status, 401);
      }),
    );
  });
});

describe("claims of bearer tokens", () => {
  // 1e400 is what JSON allows to write and no number can hold.
  const garbage = [
    '"abc"',
    '"1767225660"',
    "null",
    "true",
    "false",
    "[]",
    "[9999999999]",
    "{}",
    '""',
    "1e400",
    "-1e400",
    '"NaN"',
    '"Infinity"',
  ];
  const withRaw = (name: string, value: string): string => `${JSON.stringify(without(name)).slice(0, -1)},"${name}":${value}}`;

  it("are refused without an expiry, or with one that is no date (GHSA-3vhc-576x-3qv4, CVE-2025-62610)", () => {
    refuses(hmacToken(without("exp")));
    for (const value of garbage) refuses(hmacToken(withRaw("exp", value)));
  });

  it("are refused with a start, issue or sign-in time that is no date", () => {
    for (const name of ["nbf", "iat", "auth_time"]) for (const value of garbage) refuses(hmacToken(withRaw(name, value)));
  });

  it("are taken until the expiry and not at it", () => {
    const rule = bearer({ ...base, clock: createFakeClock(NOW) });
    assert.equal(rule.identify(requestWith(`Bearer ${hmacToken({ ...CLAIMS, exp: seconds + 0.001 })}`)).id, "ada");
    for (const exp of [seconds, seconds - 1, 0, -1]) {
      const error = refusal(() => identify(hmacToken({ ...CLAIMS, exp })));
      assert.deepEqual([error.code, error.status], ["E_AUTH_TOKEN_EXPIRED", 401]);
      assert.equal(
        error.headers?.["WWW-Authenticate"],
        'Bearer realm="api", error="invalid_token", error_description="The token expired"',
      );
    }
  });

  it("do not tell a forger that a token has expired", () => {
    refuses(hmacToken({ ...CLAIMS, exp: 1 }, undefined, "another-secret-of-at-least-32-bytes!"));
  });

  it("are refused before their start and their time of issue", () => {
    for (const name of ["nbf", "iat"]) {
      refuses(hmacToken({ ...CLAIMS, [name]: seconds + 1 }));
      assert.equal(identify(hmacToken({ ...CLAIMS, [name]: seconds })).id, "ada");
    }
    assert.equal(identify(hmacToken(without("iat"))).id, "ada");
  });

  it("allow for clocks that differ, as far as the rule says and no further", () => {
    const clockTolerance = "5s" as const;
    for (const claims of [{ exp: seconds - 4 }, { nbf: seconds + 5 }, { iat: seconds + 5 }])
      assert.equal(identify(hmacToken({ ...CLAIMS, ...claims }), { clockTolerance }).id, "ada");
    for (const claims of [{ nbf: seconds + 6 }, { iat: seconds + 6 }])
      refuses(hmacToken({ ...CLAIMS, ...claims }), { clockTolerance });
    assert.equal(
      refusal(() => identify(hmacToken({ ...CLAIMS, exp: seconds - 5 }), { clockTolerance })).code,
      "E_AUTH_TOKEN_EXPIRED",
    );
  });

  it("are refused from any issuer but exactly the right one (fast-jwt issue 594, CVE-2025-30144)", () => {
    refuses(hmacToken(without("iss")));
    for (const iss of [
      "",
      "https://login.test/",
      "HTTPS://LOGIN.TEST",
      "https://login.test.evil",
      "https://login_test",
      ".*",
      null,
      7,
      [ISSUER],
      { 0: ISSUER },
    ])
      refuses(hmacToken({ ...CLAIMS, iss }));
    assert.equal(
      bearer({ keys: HMAC, clock }).identify(requestWith(`Bearer ${hmacToken(without("iss"))}`)) instanceof Object,
      true,
    );
  });

  it("are refused for any audience but exactly the right one (GHSA-3vhc-576x-3qv4)", () => {
    refuses(hmacToken(without("aud")));
    for (const aud of [
      "",
      "https://api.test/",
      "https://api.test,https://other.test",
      [],
      [""],
      ["https://other.test"],
      [[AUDIENCE]],
      { [AUDIENCE]: true },
      null,
      7,
    ])
      refuses(hmacToken({ ...CLAIMS, aud }));
    assert.equal(identify(hmacToken({ ...CLAIMS, aud: ["https://other.test", AUDIENCE] })).id, "ada");
  });

  it("are refused when they name nobody", () => {
    refuses(hmacToken(without("sub")));
    for (const sub of ["", null, 7, true, ["ada"], { id: "ada" }]) refuses(hmacToken({ ...CLAIMS, sub }));
  });

  it("are refused with roles or scopes of another shape", () => {
    for (const roles of ["admin", null, 7, { admin: true }, ["admin", 7], [["admin"]]]) refuses(hmacToken({ ...CLAIMS, roles }));
    for (const scope of [null, 7, ["files:write"], {}]) refuses(hmacToken({ ...CLAIMS, scope }));
  });

  it("cannot reach prototypes or be inherited from one", () => {
    const poisoned = `{"__proto__":{"sub":"eve","roles":["admin"]},"constructor":{"prototype":{"admin":true}},${JSON.stringify(CLAIMS).slice(1)}`;
    const principal = identify(hmacToken(poisoned));
    assert.deepEqual([principal.id, principal.roles], ["ada", []]);
    assert.equal(Object.getPrototypeOf(principal.claims), null);
    assert.equal(({} as Record<string, unknown>).admin, undefined);
    refuses(hmacToken(`{"__proto__":{"sub":"eve"},${JSON.stringify(without("sub")).slice(1)}`));
  });

  it("do not take what a polluted Object.prototype offers", () => {
    const polluted = Object.prototype as unknown as Record<string, unknown>;
    for (const [name, value] of [
      ["exp", 9e9],
      ["sub", "eve"],
      ["iss", ISSUER],
      ["aud", AUDIENCE],
    ] as const) {
      const token = hmacToken(without(name));
      polluted[name] = value;
      try {
        refuses(token);
      } finally {
        delete polluted[name];
      }
    }
  });

  it("take the last of two claims of one name, as the signature covers both", () => {
    assert.equal(identify(hmacToken(`{"sub":"eve",${JSON.stringify(CLAIMS).slice(1)}`)).id, "ada");
  });
});

describe("keys of a bearer rule", () => {
  const other = "another-secret-of-at-least-32-bytes!";

  it("are chosen by the kid from a fixed set", () => {
    const rule = {
      keys: [
        { ...HMAC, kid: "old" },
        { algorithm: "HS256", secret: other, kid: "new" },
      ],
    } as const;
    const named = (kid: unknown, secret: string): string => hmacToken(CLAIMS, { alg: "HS256", kid }, secret);
    assert.equal(identify(named("old", SECRET), rule).id, "ada");
    assert.equal(identify(named("new", other), rule).id, "ada");
    for (const kid of [
      "new",
      undefined,
      "older",
      "",
      "__proto__",
      "constructor",
      "toString",
      null,
      7,
      ["old"],
      { toString: "old" },
    ])
      refuses(named(kid, SECRET), rule);
  });

  it("without a kid serve tokens that name none or an unknown one, all of them in turn", () => {
    const rule = { keys: [HMAC, { algorithm: "HS256", secret: other }] } as const;
    assert.equal(identify(hmacToken(), rule).id, "ada");
    assert.equal(identify(hmacToken(CLAIMS, { alg: "HS256", kid: "any" }, other), rule).id, "ada");
    refuses(hmacToken(CLAIMS, undefined, "a-third-secret-of-at-least-32-bytes!"), rule);
  });

  it("of different algorithms live side by side, each for its own", () => {
    const ed = generateKeyPairSync("ed25519");
    const keys = [HMAC, { algorithm: "EdDSA", publicKey: ed.publicKey }] as const;
    assert.equal(identify(hmacToken(), { keys }).id, "ada");
    assert.equal(identify(pairToken("EdDSA", ed.privateKey), { keys }).id, "ada");
  });

  it("are refused at boot when there are none, two of one kid, or of an unknown algorithm", () => {
    assert.throws(() => bearer({ keys: [] }), { code: "E_AUTH_RULE_INVALID" });
    assert.throws(
      () =>
        bearer({
          keys: [
            { ...HMAC, kid: "a" },
            { ...HMAC, kid: "a" },
          ],
        }),
      { code: "E_AUTH_RULE_INVALID" },
    );
    for (const algorithm of ["none", "HS512", "RS256", "", "__proto__", undefined])
      assert.throws(() => bearer({ keys: { ...HMAC, algorithm } as unknown as typeof HMAC }), { code: "E_AUTH_KEY_INVALID" });
  });

  it("stand beside options that can work", () => {
    for (const options of [
      { issuer: "" },
      { audience: "" },
      { realm: "" },
      { realm: 'a"b' },
      { realm: "a\r\nb" },
      { realm: "a\\b" },
    ])
      assert.throws(() => bearer({ ...base, ...options }), { code: "E_AUTH_RULE_INVALID" });
    assert.throws(() => bearer({ ...base, clockTolerance: "soon" as "1s" }), { code: "E_CORE_DURATION_INVALID" });
  });
});

describe("remembered tokens", () => {
  it("give the same principal without verifying again", () => {
    const rule = bearer(base);
    const request = requestWith(`Bearer ${hmacToken()}`);
    assert.equal(rule.identify(request), rule.identify(request));
  });

  it("give each token its own claims, also of tokens that differ in one character (CVE-2026-35039)", () => {
    const rule = bearer(base);
    const of = (sub: string): string => rule.identify(requestWith(`Bearer ${hmacToken({ ...CLAIMS, sub })}`)).id;
    for (let round = 0; round < 2; round += 1)
      for (const sub of ["ada", "adb", "ada1", "ada2", "Ada", "ada\0"]) assert.equal(of(sub), sub);
  });

  it("do not vouch for a token whose last character was changed", () => {
    const rule = bearer(base);
    const token = hmacToken();
    rule.identify(requestWith(`Bearer ${token}`));
    for (const letter of "AEIMQUYcgkosw048") {
      if (letter === token.at(-1)) continue;
      const error = refusal(() => rule.identify(requestWith(`Bearer ${token.slice(0, -1)}${letter}`)));
      assert.equal(error.code, "E_AUTH_TOKEN_INVALID");
    }
  });

  it("expire all the same", () => {
    const moving = createFakeClock(NOW);
    const rule = bearer({ ...base, clock: moving });
    const request = requestWith(`Bearer ${hmacToken()}`);
    rule.identify(request);
    moving.advance(59_999);
    assert.equal(rule.identify(request).id, "ada");
    moving.advance(1);
    assert.equal(refusal(() => rule.identify(request)).code, "E_AUTH_TOKEN_EXPIRED");
  });

  it("are not shared between rules", () => {
    const request = requestWith(`Bearer ${hmacToken()}`);
    bearer(base).identify(request);
    const strict = bearer({ ...base, audience: "https://other.test" });
    assert.equal(refusal(() => strict.identify(request)).code, "E_AUTH_TOKEN_INVALID");
  });

  it("are only those that passed: a token that is not valid yet becomes so", () => {
    const moving = createFakeClock(NOW);
    const rule = bearer({ ...base, clock: moving });
    const request = requestWith(`Bearer ${hmacToken({ ...CLAIMS, nbf: seconds + 10 })}`);
    assert.equal(refusal(() => rule.identify(request)).code, "E_AUTH_TOKEN_INVALID");
    moving.advance(10_000);
    assert.equal(rule.identify(request).id, "ada");
  });
});

describe("faults below a bearer rule (GHSA-8fpg-xm3f-6cx3)", () => {
  const broken = (now: () => number): Clock => ({ ...clock, now });
  const failing = broken(() => {
    throw new Error("no clock");
  });

  it("of the clock refuse with 503, also for a remembered token, and say why only in the cause", () => {
    let works = true;
    const rule = bearer({ ...base, clock: broken(() => (works ? NOW : failing.now())) });
    const request = requestWith(`Bearer ${hmacToken()}`);
    rule.identify(request);
    works = false;
    const error = refusal(() => rule.identify(request));
    assert.deepEqual([error.code, error.status], ["E_AUTH_UNAVAILABLE", 503]);
    assert.ok(!error.message.includes("no clock"));
    assert.equal((error.cause as Error).message, "no clock");
  });

  it("of a clock that gives no number refuse", () => {
    for (const value of [Number.NaN, undefined, "never", {}, Number.POSITIVE_INFINITY]) {
      const rule = bearer({ ...base, clock: broken(() => value as number) });
      for (const claims of [CLAIMS, without("iat")])
        assert.equal(refusal(() => rule.identify(requestWith(`Bearer ${hmacToken(claims)}`))).status, 401);
    }
  });

  it("of a clock that gives no number refuse a remembered token", () => {
    let now: number = NOW;
    const rule = bearer({ ...base, clock: broken(() => now) });
    const request = requestWith(`Bearer ${hmacToken()}`);
    rule.identify(request);
    now = Number.NaN;
    assert.equal(refusal(() => rule.identify(request)).status, 401);
  });

  it("of the cryptography refuse with 503", (t) => {
    t.mock.method(Buffer, "from", () => {
      throw new Error("out of memory");
    });
    const request = requestWith("Bearer e30.e30.e30");
    const error = refusal(() => bearerRule.identify(request));
    assert.deepEqual([error.code, error.status], ["E_AUTH_UNAVAILABLE", 503]);
  });
  const bearerRule = bearer(base);

  it("of a secret that cannot be revealed stop the boot", () => {
    const secret = new Secret(SECRET);
    secret.reveal = () => {
      throw new Error("vault is sealed");
    };
    assert.throws(() => bearer({ keys: { algorithm: "HS256", secret } }), { message: "vault is sealed" });
  });
});
