import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createAddressSet } from "#src/core/mod";
import { createForwardedReader } from "#src/security/forwarded";

const trusted = createAddressSet(["10.0.0.0/8", "2001:db8::/32"]);
const PEER = "10.0.0.1";
const read = createForwardedReader({ trusted });
const readRfc = createForwardedReader({ trusted, headers: "forwarded" });
const addressOf = (list: string): string | undefined => read(PEER, { "x-forwarded-for": list })?.address;

describe("X-Forwarded-For", () => {
  const cases: Readonly<Record<string, string | undefined>> = {
    "203.0.113.7": "203.0.113.7",
    "203.0.113.7:4711": "203.0.113.7",
    "[2001:db9::1]:4711": "2001:db9::1",
    "::ffff:203.0.113.7": "203.0.113.7",
    "spoofed, 203.0.113.7": "203.0.113.7",
    "127.0.0.1, 203.0.113.7, 10.0.0.2": "203.0.113.7",
    "1.1.1.1, 203.0.113.7, 10.0.0.3, 2001:db8::5": "203.0.113.7",
    "10.0.0.3, 10.0.0.2": "10.0.0.3",
    "10.0.0.3 ,\t10.0.0.2 ": "10.0.0.3",
    unknown: undefined,
    "203.0.113.7, unknown": undefined,
    "203.0.113.7, _hidden, 10.0.0.2": undefined,
    "203.0.113.7,": undefined,
    ",203.0.113.7": "203.0.113.7",
    ",10.0.0.2": undefined,
    "203.0.113.7,,10.0.0.2": undefined,
    "": undefined,
    "203.0.113.7, 10.0.0.256": undefined,
  };
  for (const [list, address] of Object.entries(cases)) {
    it(`${JSON.stringify(list)} names ${address ?? "nobody"}`, () => assert.equal(addressOf(list), address));
  }

  it("names the first from the right that is not trusted, whatever stands left of it", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.array(fc.constantFrom("10.1.2.3", "2001:db8::9"), { maxLength: 8 }),
        (spoofed, hops) => {
          assert.equal(addressOf([spoofed, "203.0.113.7", ...hops].join(",")), "203.0.113.7");
        },
      ),
    );
  });

  it("is not followed for ever, nor slowly", () => {
    assert.equal(addressOf(Array.from({ length: 33 }, () => "10.0.0.2").join(",")), undefined);
    const started = performance.now();
    for (const list of [",".repeat(16_384), " ".repeat(16_384), "10.0.0.2,".repeat(1_600)]) addressOf(list);
    assert.ok(performance.now() - started < 20);
  });
});

describe("X-Forwarded-Proto and -Host", () => {
  it("are read where the proxy sets one value, with and without an address", () => {
    const said = { "x-forwarded-proto": "HTTPS", "x-forwarded-host": "shop.example:8443" };
    const expected = { scheme: "https", host: "shop.example:8443" };
    assert.deepEqual(read(PEER, { ...said, "x-forwarded-for": "203.0.113.7" }), { address: "203.0.113.7", ...expected });
    assert.deepEqual(read(PEER, said), { address: PEER, ...expected });
  });

  it("keep step with X-Forwarded-For where proxies append", () => {
    const list = "x, 203.0.113.7, 10.0.0.2";
    const scheme = (proto: string): string | undefined =>
      read(PEER, { "x-forwarded-for": list, "x-forwarded-proto": proto })?.scheme;
    assert.equal(scheme("http, https, http"), "https");
    assert.equal(scheme("https, http"), "https");
    assert.equal(scheme("https, http, http, http"), "http");
    const oneHop = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https, http" };
    assert.equal(read(PEER, oneHop)?.scheme, "http", "what the client wrote itself does not count");
    const shorter = { "x-forwarded-for": "203.0.113.7, 10.0.0.3, 10.0.0.2", "x-forwarded-proto": "https, http" };
    assert.equal(read(PEER, shorter)?.scheme, undefined);
  });

  it("count for nothing when they are malformed", () => {
    for (const proto of ["", "ftp", "https://", "httpss", "wss"]) {
      assert.equal(read(PEER, { "x-forwarded-proto": proto })?.scheme, undefined, proto);
    }
    for (const host of ["", "a@evil.example", "a/b", "evil.example#", "a b", "http://a", "[::1", "a:0", "2130706433"]) {
      assert.equal(read(PEER, { "x-forwarded-host": host })?.host, undefined, host);
    }
  });
});

describe("Forwarded", () => {
  it("is walked from the right, with each element's own scheme and host", () => {
    const forwarded = 'for=evil, for="[2001:db9::1]:4711";proto=https;host=shop.example, for=10.0.0.2;proto=http';
    assert.equal(readRfc(PEER, { forwarded: forwarded.replace("for=evil", "for=_evil") })?.address, "2001:db9::1");
    assert.deepEqual(readRfc(PEER, { forwarded }), { address: "2001:db9::1", scheme: "https", host: "shop.example" });
  });

  it("may leave the address out for the peer alone", () => {
    assert.deepEqual(readRfc(PEER, { forwarded: "proto=https" }), { address: PEER, scheme: "https", host: undefined });
    assert.equal(readRfc(PEER, { forwarded: "proto=https, for=10.0.0.2" }), undefined);
  });

  it("is worthless with an unknown, an obfuscated or a malformed hop", () => {
    for (const forwarded of ["for=unknown", "for=_gazonk", 'for="_a:1"', "for=1.2.3.4, for=unknown", 'for="', "for=1.2.3.4,"]) {
      assert.equal(readRfc(PEER, { forwarded }), undefined, forwarded);
    }
  });
});

it("only the configured family is read: a proxy hands the other one on as the client sent it", () => {
  const both = { forwarded: "for=203.0.113.1;proto=https;host=a.example", "x-forwarded-for": "203.0.113.2" };
  assert.deepEqual(read(PEER, both), { address: "203.0.113.2", scheme: undefined, host: undefined });
  assert.equal(readRfc(PEER, both)?.address, "203.0.113.1");
});
