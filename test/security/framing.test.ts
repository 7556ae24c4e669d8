import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type FramedRequest, findFramingFault } from "#src/security/framing";

// Any UTF-16 code unit. fast-check's own "binary" unit takes two seconds to set up.
const codeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));

const PLAIN: FramedRequest = {
  method: "GET",
  target: "/",
  httpVersionMajor: 1,
  httpVersionMinor: 1,
  rawHeaders: ["Host", "example.com"],
};

/** The reason of the fault, without the prefix that all codes share. */
function judge(change: Partial<FramedRequest>): string | undefined {
  return findFramingFault({ ...PLAIN, ...change })?.code.replace("E_SECURITY_", "");
}

/** A POST with a Host and these further headers. */
function judgePost(...rawHeaders: readonly string[]): string | undefined {
  return judge({ method: "POST", rawHeaders: ["Host", "example.com", ...rawHeaders] });
}

test("passes what ordinary clients send", () => {
  const headers = [
    "Host",
    "example.com:3000",
    "User-Agent",
    "curl/8",
    "Accept",
    "*/*",
    "X-Forwarded-For",
    "::1",
    "Cookie",
    "a=b",
  ];
  for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]) {
    assert.equal(judge({ method, target: "/files/1?a=b&c[]=%20", rawHeaders: headers }), undefined, method);
  }
  assert.equal(judgePost("Content-Length", "12", "Content-Type", "application/json"), undefined);
  assert.equal(judgePost("Transfer-Encoding", "chunked"), undefined);
  assert.equal(judgePost("Content-Length", "12", "Expect", "100-continue"), undefined);
});

test("answers with one frozen constant per fault, with status, title and detail", () => {
  const first = findFramingFault({ ...PLAIN, target: "/#a" });
  assert.equal(findFramingFault({ ...PLAIN, target: "/#b" }), first);
  assert.ok(Object.isFrozen(first));
  assert.deepEqual(Object.keys(first ?? {}), ["code", "status", "title", "detail"]);
  assert.equal(first?.status, 400);
  assert.equal(findFramingFault({ ...PLAIN, httpVersionMajor: 2, httpVersionMinor: 0 })?.status, 400);
  assert.equal(findFramingFault({ ...PLAIN, target: `/${"a".repeat(9_000)}` })?.status, 414);
  assert.equal(findFramingFault({ ...PLAIN, rawHeaders: ["Host", "a", "Expect", "x"] })?.status, 417);
});

test("takes HTTP/1.0 and 1.1 only", () => {
  const versions = [[1, 1], [1, 0], [0, 9], [1, 2], [2, 0], [3, 0], [1, -1]] as const; // prettier-ignore
  const judged = versions.map(([httpVersionMajor, httpVersionMinor]) => judge({ httpVersionMajor, httpVersionMinor }));
  assert.deepEqual(judged, [undefined, undefined, ...Array.from({ length: 5 }, () => "VERSION_UNSUPPORTED")]);
});

test("wants exactly one Host in 1.1, and at most one in 1.0", () => {
  assert.equal(judge({ rawHeaders: [] }), "HOST_MISSING");
  assert.equal(judge({ rawHeaders: [], httpVersionMinor: 0 }), undefined);
  assert.equal(judge({ rawHeaders: ["Host", "a.example", "host", "b.example"] }), "FIELD_REPEATED");
  assert.equal(judge({ rawHeaders: ["Host", "a.example", "HOST", "a.example"], httpVersionMinor: 0 }), "FIELD_REPEATED");
});

test("CVE-2026-27959: refuses a Host with user info", () => {
  assert.equal(judge({ rawHeaders: ["Host", "example.com@evil.example"] }), "HOST_INVALID");
  assert.equal(judge({ rawHeaders: ["Host", ""] }), "HOST_INVALID");
});

for (const [name, value] of [
  ["Host", "example.com"],
  ["Content-Type", "text/plain"],
  ["Content-Length", "1"],
  ["Transfer-Encoding", "chunked"],
  ["Authorization", "Bearer x"],
  ["Origin", "https://a.example"],
  ["Cookie", "a=b"],
  ["Sec-Fetch-Site", "none"],
  ["Expect", "100-continue"],
] as const) {
  test(`refuses ${name} sent twice, in any case`, () => {
    const host = name === "Host" ? [] : ["Host", "example.com"];
    const request = { method: "POST", rawHeaders: [...host, name, value, "X-Between", "1", name.toUpperCase(), value] };
    assert.equal(judge({ method: "POST", rawHeaders: [...host, name, value] }), undefined);
    assert.equal(judge(request), "FIELD_REPEATED");
    const mixed = name.toUpperCase().replaceAll(/.(?=(?:..)*$)/g, (letter) => letter.toLowerCase());
    assert.equal(judge({ method: "POST", rawHeaders: [...host, mixed, value, name.toLowerCase(), value] }), "FIELD_REPEATED");
  });
}

test("lets fields stand several times that may", () => {
  for (const name of ["Accept", "X-Forwarded-For", "Via", "Cache-Control", "Trailer", "hosts", "expecu", "cookia", "origim"]) {
    assert.equal(judgePost(name, "a", name, "b"), undefined, name);
  }
});

test("GHSA-mp2g-9vg9-f4cg: takes chunked in any case, and no other Transfer-Encoding", () => {
  for (const value of ["chunked", "Chunked", "CHUNKED", "cHuNkEd"]) {
    assert.equal(judgePost("tRANSFER-eNCODING", value), undefined, value);
  }
  const values = [
    "",
    " chunked",
    "chunked ",
    "chunked,",
    "chunked, chunked",
    "gzip, chunked",
    "chunked, identity",
    "identity",
    "xchunked",
  ];
  values.push(
    "chunked;a=b",
    "chun\u212Aed",
    '"chunked"',
    "chunke",
    "chunkedd",
    "\tchunked",
    "chunked\x0b",
    "chunked\0",
    "ch\u0155nked",
  );
  for (const value of values)
    assert.equal(judgePost("Transfer-Encoding", value), "TRANSFER_ENCODING_INVALID", JSON.stringify(value));
});

test("refuses Transfer-Encoding in HTTP/1.0 and beside Content-Length, in either order", () => {
  assert.equal(
    judge({ method: "POST", httpVersionMinor: 0, rawHeaders: ["Transfer-Encoding", "chunked"] }),
    "TRANSFER_ENCODING_OUTDATED",
  );
  assert.equal(judgePost("Transfer-Encoding", "chunked", "Content-Length", "5"), "LENGTH_CONFLICT");
  assert.equal(judgePost("Content-Length", "0", "Transfer-Encoding", "chunked"), "LENGTH_CONFLICT");
});

test("CVE-2024-27982: takes as Content-Length decimal digits up to 2^53 - 1 only", () => {
  for (const value of ["0", "1", "00", "1048576", "9007199254740991"]) {
    assert.equal(judgePost("Content-Length", value), undefined, value);
  }
  const values = ["", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x10", "1,1", "1, 1", "1_0", "\u0661", "9007199254740992"];
  values.push(
    "9999999999999999",
    "1".repeat(17),
    "1".repeat(400),
    "NaN",
    "Infinity",
    `${"0".repeat(16)}1`,
    "1/",
    "1:",
    "/",
    ":",
    "1\0",
  );
  for (const value of values) assert.equal(judgePost("Content-Length", value), "CONTENT_LENGTH_INVALID", JSON.stringify(value));
});

test("refuses a body with GET, HEAD, OPTIONS, TRACE and CONNECT, and takes it with others", () => {
  const bodies = [["Content-Length", "1"], ["Transfer-Encoding", "chunked"]]; // prettier-ignore
  for (const body of bodies) {
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "CONNECT"]) {
      assert.equal(judge({ method, rawHeaders: ["Host", "a", ...body] }), "BODY_UNEXPECTED", method);
      assert.equal(judge({ method, rawHeaders: ["Host", "a", "Content-Length", "0"] }), undefined, method);
    }
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      assert.equal(judge({ method, rawHeaders: ["Host", "a", ...body] }), undefined, method);
    }
  }
});

test("takes 100-continue as the only expectation", () => {
  assert.equal(judgePost("Expect", "100-Continue"), undefined);
  for (const value of ["", "200-ok", "100-continue, x", "100-continue;q=1"]) {
    assert.equal(judgePost("Expect", value), "EXPECT_UNSUPPORTED", value);
  }
});

test("CVE-2025-29927: refuses sensitive names disguised with underscores", () => {
  for (const name of [
    "Content_Length",
    "content_type",
    "transfer_encoding",
    "TRANSFER_ENCODING",
    "x_forwarded_for",
    "X-Forwarded_Proto",
    "x_real_ip",
    "Sec_Fetch_Site",
    "sec-fetch_site",
    "proxy_authorization",
    "idempotency_key",
    "X_HTTP_Method_Override",
  ]) {
    assert.equal(judgePost(name, "1"), "FIELD_DISGUISED", name);
  }
  for (const name of ["my_header", "x_custom", "_", "content__length"]) assert.equal(judgePost(name, "1"), undefined, name);
});

test("CVE-2026-21710: names of object internals are ordinary names", () => {
  for (const name of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
    assert.equal(judgePost(name, "x", name, "y"), undefined, name);
  }
});

test("judges targets too, before the headers", () => {
  assert.equal(judge({ target: "/a#b", rawHeaders: [] }), "TARGET_FRAGMENT");
});

test("never throws, and finds the same fault twice, whatever the headers", () => {
  const name = fc.oneof(
    fc.string({ unit: codeUnit }),
    fc.constantFrom("Host", "content-length", "Transfer-Encoding", "Cookie", "expect", "Content_Length"),
  );
  const value = fc.oneof(fc.string({ unit: codeUnit }), fc.constantFrom("example.com", "5", "chunked", "100-continue"));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), fc.string(), fc.constantFrom("GET", "POST"), (pairs, target, method) => {
      const change = { rawHeaders: pairs.flat(), target: `/${target}`, method };
      assert.equal(judge(change), judge(change));
    }),
  );
});

test("a request that passes names its length in one way at most", () => {
  const field = fc.constantFrom(
    ["Content-Length", "5"],
    ["content-length", "5"],
    ["CONTENT-LENGTH", "6"],
    ["Transfer-Encoding", "chunked"],
    ["transfer-encoding", "Chunked"],
    ["Transfer-Encoding", "identity"],
    ["X-Other", "1"],
  );
  fc.assert(
    fc.property(fc.array(field, { maxLength: 5 }), (fields) => {
      if (judgePost(...fields.flat()) !== undefined) return;
      const lengths = fields.filter(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name as string));
      assert.ok(lengths.length <= 1);
    }),
  );
});
