import assert from "node:assert/strict";
import { test } from "node:test";
import { type CorsDecision, type CorsOptions, createCors } from "#src/security/cors";

const APP = "https://app.example.com";
const METHODS = ["GET", "POST", "DELETE"];

const read = (decision: CorsDecision): Record<string, string> =>
  Object.fromEntries(Array.from({ length: decision.headers.length / 2 }, (_, i) => decision.headers.slice(i * 2, i * 2 + 2)));

test("lets a listed origin read the answer", () => {
  const decision = createCors({ origins: [APP] }).decide({ origin: APP, allowedMethods: METHODS });
  assert.equal(decision.refusal, undefined);
  assert.deepEqual(read(decision), {
    "access-control-allow-origin": APP,
    "access-control-expose-headers": "x-request-id, ratelimit, ratelimit-policy, retry-after",
    vary: "origin",
  });
});

test("answers a preflight with the resource's methods, the allowed headers and how long to remember", () => {
  const cors = createCors({ origins: [APP], credentials: true, maxAge: "1.5s", allowHeaders: ["X-One", "content-type"] });
  const decision = cors.decide({ origin: APP, requestMethod: "DELETE", requestHeaders: "x-ONE", allowedMethods: METHODS });
  assert.equal(decision.refusal, undefined);
  assert.deepEqual(read(decision), {
    "access-control-allow-origin": APP,
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "x-one, content-type",
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-max-age": "1",
    vary: "origin",
  });
});

test("leaves lists out that are empty", () => {
  const cors = createCors({ origins: [APP], allowHeaders: [], exposeHeaders: [] });
  assert.deepEqual(cors.decide({ origin: APP, allowedMethods: METHODS }).headers, [
    "access-control-allow-origin",
    APP,
    "vary",
    "origin",
  ]);
  const preflight = read(cors.decide({ origin: APP, requestMethod: "GET", allowedMethods: METHODS }));
  assert.equal("access-control-allow-headers" in preflight, false);
  assert.equal(preflight["access-control-max-age"], "600");
});

test("GHSA-88fw-hqm2-52qc: no origin is reflected that is not listed exactly, and every answer varies by Origin", () => {
  for (const credentials of [false, true]) {
    const cors = createCors({ origins: ["https://App.Example.com:443", "http://localhost:5173"], credentials });
    const foreign = [
      "https://evil.example",
      "http://app.example.com",
      "https://app.example.com:8443",
      "https://app.example.com.evil",
    ];
    foreign.push(
      "https://evilapp.example.com",
      "https://APP.example.com",
      "https://app.example.com/",
      "https://app.example.com, x",
      "*",
    );
    foreign.push("null", "", " ", "__proto__", "constructor", "http://localhost:51730", "https://app.example.com\u00a0");
    for (const origin of foreign) {
      for (const requestMethod of [undefined, "GET"]) {
        const decision = cors.decide({ origin, requestMethod, allowedMethods: METHODS });
        assert.deepEqual(decision, { headers: ["vary", "origin"], refusal: "origin" }, origin);
      }
    }
    for (const origin of [APP, "http://localhost:5173"]) {
      const answer = read(cors.decide({ origin, allowedMethods: METHODS }));
      assert.equal(answer["access-control-allow-origin"], origin);
      assert.equal(answer["access-control-allow-credentials"], credentials ? "true" : undefined);
      assert.equal(answer["vary"], "origin");
    }
  }
});

test("GHSA-q7jf-gf43-6x6p: an answer to a request without Origin varies by Origin too", () => {
  const decision = createCors({ origins: [APP] }).decide({ origin: undefined, allowedMethods: METHODS });
  assert.deepEqual(decision, { headers: ["vary", "origin"], refusal: undefined });
});

test("a wildcard grants every origin but null the same constant answer", () => {
  const cors = createCors({ origins: "*" });
  for (const origin of [APP, "https://evil.example", undefined]) {
    const answer = read(cors.decide({ origin, allowedMethods: METHODS }));
    assert.equal(answer["access-control-allow-origin"], "*");
    assert.equal("access-control-allow-credentials" in answer, false);
    assert.equal("vary" in answer, false);
  }
  assert.deepEqual(cors.decide({ origin: "null", allowedMethods: METHODS }), { headers: ["vary", "origin"], refusal: "origin" });
});

test("refuses a wildcard with credentials at boot", () => {
  assert.throws(() => createCors({ origins: "*", credentials: true }), { code: "E_SECURITY_CORS_WILDCARD_CREDENTIALS" });
});

test("refuses origins and header names at boot that could never match", () => {
  for (const origins of [["*"], ["null"], ["app.example.com"], ["https://*.example.com"]]) {
    assert.throws(() => createCors({ origins }), { code: "E_SECURITY_ORIGIN_INVALID" }, origins[0]);
  }
  for (const name of ["*", "", "a b", "x\r\ny", "a,b", "m\u00fc"]) {
    assert.throws(() => createCors({ origins: "*", allowHeaders: [name] }), { code: "E_SECURITY_CORS_HEADER_INVALID" }, name);
    assert.throws(() => createCors({ origins: "*", exposeHeaders: [name] }), { code: "E_SECURITY_CORS_HEADER_INVALID" }, name);
  }
  assert.throws(() => createCors({ origins: "*", maxAge: "soon" as "1s" }), { code: "E_CORE_DURATION_INVALID" });
});

test("refuses a preflight for a method that the resource does not have, compared exactly", () => {
  const cors = createCors({ origins: [APP] });
  for (const requestMethod of ["PUT", "delete", "GET, PUT", "", "*", "GET "]) {
    const decision = cors.decide({ origin: APP, requestMethod, allowedMethods: METHODS });
    assert.deepEqual(decision, { headers: ["vary", "origin"], refusal: "method" }, requestMethod);
  }
});

test("refuses a preflight for a header that is not listed, and takes lists in any case and spacing", () => {
  const cors = createCors({ origins: [APP] });
  const decide = (requestHeaders: string): string | undefined =>
    cors.decide({ origin: APP, requestMethod: "POST", requestHeaders, allowedMethods: METHODS }).refusal;
  for (const list of ["", "content-type", "Content-Type,AUTHORIZATION", " \tcontent-type \t, ,,idempotency-key,", ","]) {
    assert.equal(decide(list), undefined, list);
  }
  for (const list of [
    "x-evil",
    "content-type, x-evil",
    "content-type x",
    "content",
    "content-type2",
    "*",
    "content-type;a",
    "\u00a0content-type",
  ]) {
    assert.equal(decide(list), "headers", list);
  }
});

test("CVE-2026-69207: 16 KB of spaces, commas or names take less than 5 ms", () => {
  const cors = createCors({ origins: [APP] });
  const decide = (requestHeaders: string): CorsDecision =>
    cors.decide({ origin: APP, requestMethod: "POST", requestHeaders, allowedMethods: METHODS });
  decide(", ".repeat(8_192));
  for (const list of [
    " ".repeat(16_384),
    `a${" ".repeat(16_384)}b`,
    ",".repeat(16_384),
    " ,".repeat(8_192),
    "content-type,".repeat(1_260),
  ]) {
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      decide(list);
      return performance.now() - started;
    });
    assert.ok(Math.min(...times) < 5, `${JSON.stringify(list.slice(0, 4))}: ${Math.min(...times)} ms`);
  }
});

test("never grants private network access", () => {
  for (const options of [{ origins: "*" }, { origins: [APP], credentials: true }] satisfies CorsOptions[]) {
    for (const requestMethod of [undefined, "POST"]) {
      const { headers } = createCors(options).decide({ origin: APP, requestMethod, allowedMethods: METHODS });
      assert.equal(
        headers.some((text) => text.includes("private-network")),
        false,
      );
    }
  }
});

test("answers to requests are the same frozen constant each time", () => {
  const cors = createCors({ origins: [APP] });
  const first = cors.decide({ origin: APP, allowedMethods: METHODS });
  assert.equal(cors.decide({ origin: APP, allowedMethods: ["PUT"] }), first);
  assert.ok(Object.isFrozen(first) && Object.isFrozen(first.headers));
});
