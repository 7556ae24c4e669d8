import assert from "node:assert/strict";
import { test } from "node:test";
import { isForbiddenTrailer } from "#src/security/trailer";

test("forbids trailers that decide about framing, routing, identity, conditions or content", () => {
  for (const name of [
    "Content-Length",
    "transfer-encoding",
    "Host",
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "Content-Type",
    "Content-Encoding",
    "Content-Range",
    "Trailer",
    "TE",
    "Connection",
    "Upgrade",
    "Expect",
    "Range",
    "If-Match",
    "If-None-Match",
    "Cache-Control",
    "Max-Forwards",
    "Origin",
    "Sec-Fetch-Site",
    "Proxy-Authorization",
    "Forwarded",
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Request-Id",
    "Idempotency-Key",
    "traceparent",
    "Access-Control-Request-Method",
    "X-HTTP-Method-Override",
  ]) {
    assert.equal(isForbiddenTrailer(name), true, name);
    assert.equal(isForbiddenTrailer(name.toUpperCase()), true, name);
    assert.equal(isForbiddenTrailer(name.replaceAll("-", "_")), true, name);
  }
});

test("lets trailers pass that only describe the body", () => {
  for (const name of ["x-checksum", "Digest", "Server-Timing", "grpc-status", "ETag", "contents", "hosts", "security"]) {
    assert.equal(isForbiddenTrailer(name), false, name);
  }
});

test("CVE-2026-21710: takes names of object internals as ordinary trailers", () => {
  for (const name of ["__proto__", "constructor", "prototype"]) assert.equal(isForbiddenTrailer(name), false, name);
});
