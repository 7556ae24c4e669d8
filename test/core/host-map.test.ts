import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HostMap, hostnameOf, isHostPattern } from "#src/core/host-map";
import { isPlinthError } from "#src/core/mod";

describe("a hostname", () => {
  const cases: Readonly<Record<string, string>> = {
    "example.com": "example.com",
    "EXAMPLE.com": "example.com",
    "example.com.": "example.com",
    "example.com:80": "example.com",
    "Example.com.:8443": "example.com",
    "192.0.2.1:80": "192.0.2.1",
    "[2001:DB8::1]:80": "[2001:db8::1]",
    "[::1]": "[::1]",
    "": "",
  };
  for (const [host, hostname] of Object.entries(cases)) {
    it(`of ${JSON.stringify(host)} is ${JSON.stringify(hostname)}`, () => assert.equal(hostnameOf(host), hostname));
  }
});

describe("a host map", () => {
  const map = new HostMap<string>();
  for (const pattern of ["example.com", "*.example.com", "*.api.example.com", "v1.api.Example.com", "[::1]"])
    map.set(pattern, pattern);

  it("finds the closest pattern first", () => {
    assert.deepEqual(map.find("v1.api.example.com"), ["v1.api.Example.com", "*.api.example.com", "*.example.com"]);
    assert.deepEqual(map.find("a.b.example.com"), ["*.example.com"]);
    assert.deepEqual(map.find("[::1]"), ["[::1]"]);
  });

  it("does not take a wildcard for the name itself, nor a suffix for a wildcard", () => {
    assert.deepEqual(map.find("example.com"), ["example.com"]);
    for (const other of ["notexample.com", "example.com.evil.example", "evil-example.com", "", ".", ".example.com.evil"]) {
      assert.deepEqual(map.find(other), [], other);
    }
  });

  it("is quick about a host of nothing but dots", () => {
    assert.deepEqual(map.find(".".repeat(260)), []);
  });

  for (const text of [
    "",
    "*",
    "*.",
    "*.*.com",
    "a.*.com",
    "example.com:80",
    "http://example.com",
    "a..b",
    "-a.com",
    "a b",
    "[::1",
    "[nope]",
    "a/b",
    "x".repeat(64),
    `${"a.".repeat(127)}aa`,
  ]) {
    it(`refuses the pattern ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.equal(isHostPattern(text), false);
      assert.throws(
        () => map.set(text, ""),
        (thrown) => isPlinthError(thrown, "E_CORE_HOST_INVALID"),
      );
    });
  }
});
