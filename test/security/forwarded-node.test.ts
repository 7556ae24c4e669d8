import assert from "node:assert/strict";
import { test } from "node:test";
import { parseForwardedNode } from "#src/security/forwarded-node";

// Lesson CVE-2026-30827: one caller, many spellings, one bucket.
const ONE_CALLER: Readonly<Record<string, readonly string[]>> = {
  "192.0.2.1": [
    "192.0.2.1",
    "192.0.2.1:80",
    "192.0.2.1:65535",
    "::ffff:192.0.2.1",
    "::FFFF:192.0.2.1",
    "[::ffff:192.0.2.1]",
    "[::ffff:192.0.2.1]:4711",
    "[::FFFF:C000:0201]:1",
    "0:0:0:0:0:ffff:c000:201",
    "[0000:0000:0000:0000:0000:ffff:192.0.2.1]:1",
  ],
  "2001:db8::1": [
    "2001:db8::1",
    "2001:DB8::1",
    "2001:0db8::0001",
    "2001:db8:0:0:0:0:0:1",
    "2001:0db8:0000:0000:0000:0000:0000:0001",
    "2001:db8::0.0.0.1",
    "[2001:db8::1]",
    "[2001:DB8:0::1]:443",
    "[2001:db8::0:1]:1",
  ],
};

for (const [address, spellings] of Object.entries(ONE_CALLER)) {
  test(`lesson CVE-2026-30827: ${address} is one caller in ${spellings.length} spellings`, () => {
    for (const spelling of spellings) assert.equal(parseForwardedNode(spelling), address, spelling);
  });
}

test("what is no address is nobody", () => {
  const refused = [
    "",
    "unknown",
    "_hidden",
    "_SEVKISEK:80",
    "localhost",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.1:",
    "192.0.2.1:x",
    "192.0.2.1:123456",
    "192.0.2.1:80:80",
    "192.0.2.01",
    "0x7f.0.0.1",
    "2130706433",
    "[192.0.2.1]",
    "[::1",
    "::1]",
    "[::1]x",
    "[::1]:",
    "[fe80::1%eth0]",
    "fe80::1%eth0",
    "[]",
    " 192.0.2.1",
    '"192.0.2.1"',
    "1".repeat(10_000),
  ];
  for (const text of refused) assert.equal(parseForwardedNode(text), undefined, text.slice(0, 30));
});
