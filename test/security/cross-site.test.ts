import assert from "node:assert/strict";
import { test } from "node:test";
import { isCrossSiteAllowed } from "#src/security/cross-site";
import { createOriginSet } from "#src/security/origin";

const ALLOWED = createOriginSet(["https://friend.example", "https://friend.example:8443"]);
const HOST = "example.com";
const SAFE = ["GET", "HEAD", "OPTIONS"];
const UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "get", "PROPFIND", ""];
const SITES = [undefined, "same-origin", "none", "same-site", "cross-site", "", "SAME-ORIGIN", "same-origin, none", "unknown"];
const ORIGINS: ReadonlyMap<string | undefined, "own" | "friend" | "foreign" | "absent"> = new Map([
  [undefined, "absent"],
  ["https://example.com", "own"],
  ["http://example.com", "own"],
  ["https://friend.example", "friend"],
  ["https://friend.example:8443", "friend"],
  ["http://friend.example", "foreign"],
  ["https://friend.example:444", "foreign"],
  ["https://friend.example.evil.example", "foreign"],
  ["https://notfriend.example", "foreign"],
  ["https://sub.friend.example", "foreign"],
  ["https://FRIEND.example", "foreign"],
  ["https://friend.example/", "foreign"],
  ["https://friend.example, https://evil.example", "foreign"],
  ["https://evil.example", "foreign"],
  ["https://example.com.evil.example", "foreign"],
  ["https://evilexample.com", "foreign"],
  ["https://example.com@evil.example", "foreign"],
  ["https://evil.example#example.com", "foreign"],
  ["https://sub.example.com", "foreign"],
  ["https://example.com:8443", "foreign"],
  ["https://example.com.", "foreign"],
  ["ftp://example.com", "foreign"],
  ["example.com", "foreign"],
  ["//example.com", "foreign"],
  ["https://", "foreign"],
  ["null", "foreign"],
  ["", "foreign"],
]);

/** The table of the documentation, written the other way round: from the outcome. */
function expected(method: string, site: string | undefined, origin: "own" | "friend" | "foreign" | "absent"): boolean {
  if (SAFE.includes(method)) return true;
  if (site === undefined) return origin !== "foreign";
  return site === "same-origin" || site === "none" || origin === "friend";
}

test("CVE-2025-47910: the complete decision table, by exact comparison only", () => {
  let rows = 0;
  for (const method of [...SAFE, ...UNSAFE]) {
    for (const secFetchSite of SITES) {
      for (const [origin, kind] of ORIGINS) {
        const decision = isCrossSiteAllowed({ method, secFetchSite, origin, host: HOST, allowedOrigins: ALLOWED });
        const row = `${method} site=${secFetchSite} origin=${origin}`;
        assert.equal(decision, expected(method, secFetchSite, kind), row);
        rows++;
      }
    }
  }
  assert.equal(rows, 12 * 9 * 27);
});

const judge = (origin: string, host: string | undefined, scheme?: "http" | "https"): boolean =>
  isCrossSiteAllowed({ method: "POST", secFetchSite: undefined, origin, host, allowedOrigins: new Set(), scheme });

test("compares host and port of old browsers whole, filling in the default port of the scheme", () => {
  assert.equal(judge("https://example.com", "example.com:443"), true);
  assert.equal(judge("http://example.com", "example.com:80"), true);
  assert.equal(judge("http://localhost:3000", "localhost:3000"), true);
  assert.equal(judge("http://[::1]:3000", "[::1]:3000"), true);
  assert.equal(judge("https://example.com", "example.com:80"), false);
  assert.equal(judge("http://example.com", "example.com:443"), false);
  assert.equal(judge("http://localhost:3000", "localhost"), false);
  assert.equal(judge("http://localhost", "localhost:3000"), false);
  assert.equal(judge("http://localhost:30001", "localhost:3000"), false);
});

test("takes a page on http for another site than the same host on https, when the scheme is known", () => {
  assert.equal(judge("http://example.com", HOST, "https"), false);
  assert.equal(judge("https://example.com", HOST, "https"), true);
  assert.equal(judge("https://example.com", HOST, "http"), false);
  assert.equal(judge("http://example.com", HOST, "http"), true);
});

test("refuses an origin when there is no host to compare it with", () => {
  assert.equal(judge("https://example.com", undefined), false);
  assert.equal(judge("https://", ""), false);
  assert.equal(judge("https://", ":443"), false);
});

test("never allows the null origin, even when a list has it", () => {
  const allowedOrigins = new Set(["null"]);
  for (const secFetchSite of [undefined, "cross-site", "same-site"]) {
    assert.equal(isCrossSiteAllowed({ method: "POST", secFetchSite, origin: "null", host: "null", allowedOrigins }), false);
  }
});

test("CVE-2022-41919: the content type plays no part in the decision", () => {
  const request = { method: "POST", secFetchSite: "cross-site", origin: undefined, host: HOST, allowedOrigins: ALLOWED };
  for (const contentType of ["text/plain", "application/json", "application/x-www-form-urlencoded"]) {
    assert.equal(isCrossSiteAllowed(Object.assign({ contentType }, request)), false);
  }
});
