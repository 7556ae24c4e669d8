import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonicalAddress, networkOf } from "#src/core/address";

// CVE-2026-30827, CVE-2026-24398, CVE-2026-47674: one caller, many spellings. [as written, canonical]
const SPELLINGS: readonly (readonly [string, string | undefined])[] = [
  ["192.0.2.1", "192.0.2.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:192.0.2.1", "192.0.2.1"],
  ["::ffff:c000:201", "192.0.2.1"],
  ["::ffff:C000:0201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["0000:0000:0000:0000:0000:FFFF:C000:0201", "192.0.2.1"],
  ["0::ffff:c000:201", "192.0.2.1"],
  ["::0:ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:0.0.0.0", "0.0.0.0"],
  ["::ffff:255.255.255.255", "255.255.255.255"],
  ["::ffff:192.0.2.1%eth0", "192.0.2.1"],
  ["::", "::"],
  ["0:0:0:0:0:0:0:0", "::"],
  ["::1", "::1"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["0000:0000:0000:0000:0000:0000:0000:0001", "::1"],
  ["::0.0.0.1", "::1"],
  ["2001:db8::1", "2001:db8::1"],
  ["2001:DB8::1", "2001:db8::1"],
  ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
  ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8::0:1", "2001:db8::1"],
  ["2001:db8::0.0.0.1", "2001:db8::1"],
  ["2001:db8:0:0:1::1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["fe80::1%eth0", "fe80::1"],
  ["fe80::1%25", "fe80::1"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["::ffff:0:192.0.2.1", "::ffff:0:c000:201"],
  ["::192.0.2.1", "::c000:201"],
  ["::fffe:192.0.2.1", "::fffe:c000:201"],
  ["1::ffff:192.0.2.1", "1::ffff:c000:201"],
  ["", undefined],
  ["192.0.2", undefined],
  ["192.0.2.256", undefined],
  ["192.0.2.01", undefined],
  ["0300.0.2.1", undefined],
  ["0xc0.0.2.1", undefined],
  ["3221225985", undefined],
  ["192.0.2.1:80", undefined],
  ["192.0.2.1/32", undefined],
  ["192.0.2.1%eth0", undefined],
  [" 192.0.2.1", undefined],
  ["192.0.2.1\n", undefined],
  ["192.0.2.1\0", undefined],
  ["192.0.2.1.", undefined],
  ["１９２.0.2.1", undefined],
  ["::ffff:192.0.2.256", undefined],
  ["::ffff:192.0.2.1 ", undefined],
  ["[::1]", undefined],
  ["::1\n", undefined],
  ["::1%", undefined],
  ["1::2::3", undefined],
  ["1:2:3:4:5:6:7", undefined],
  ["1:2:3:4:5:6:7:8:9", undefined],
  ["12345::", undefined],
  ["g::", undefined],
  [`fe80::1%${"z".repeat(100)}`, undefined],
  ["localhost", undefined],
  ["__proto__", undefined],
];

const groups = fc.array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
});

function spellLong(values: readonly number[], upper: boolean): string {
  const text = values.map((value) => value.toString(16).padStart(4, "0")).join(":");
  return upper ? text.toUpperCase() : text;
}

describe("canonicalAddress", () => {
  for (const [written, canonical] of SPELLINGS) {
    it(`takes ${JSON.stringify(written)} for ${canonical ?? "no address"}`, () => {
      assert.equal(canonicalAddress(written), canonical);
      assert.equal(canonicalAddress(written), canonical, "the second time, from the cache");
    });
  }

  it("spells every IPv6 address as the URL standard does, unless it is an IPv4 address in disguise", () => {
    fc.assert(
      fc.property(groups, fc.boolean(), (values, upper) => {
        const text = spellLong(values, upper);
        const mapped = values.slice(0, 5).every((value) => value === 0) && values[5] === 0xffff;
        fc.pre(!mapped);
        assert.equal(`[${canonicalAddress(text)}]`, new URL(`http://[${text}]/`).hostname);
      }),
    );
  });

  it("leaves a canonical address as it is", () => {
    fc.assert(
      fc.property(groups, (values) => {
        const once = canonicalAddress(spellLong(values, false)) as string;
        assert.equal(canonicalAddress(once), once);
      }),
    );
  });

  it("gives an IPv4 address and its mapped spellings one text", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
        const hexadecimal = `::ffff:${bytes[0]}${bytes[1]}:${bytes[2]}${bytes[3]}`;
        assert.equal(canonicalAddress(address), address);
        assert.equal(canonicalAddress(`::ffff:${address}`), address);
        assert.equal(canonicalAddress(hexadecimal), address);
      }),
    );
  });

  it("answers nothing but addresses for any text, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const canonical = canonicalAddress(text);
        assert.ok(canonical === undefined || canonicalAddress(canonical) === canonical);
      }),
    );
  });

  it("keeps answering rightly when more addresses pass by than it remembers", () => {
    for (let index = 0; index < 3_000; index += 1) {
      assert.equal(
        canonicalAddress(`2001:DB8::${index.toString(16)}:1`),
        `2001:db8::${index === 0 ? "" : `${index.toString(16)}:`}1`,
      );
    }
  });
});

describe("networkOf", () => {
  it("puts all addresses of one /64 into one network", () => {
    fc.assert(
      fc.property(groups, groups, (one, two) => {
        fc.pre(one.slice(0, 4).some((value) => value !== 0));
        const neighbour = [...one.slice(0, 4), ...two.slice(4)];
        assert.equal(networkOf(spellLong(one, false)), networkOf(spellLong(neighbour, true)));
      }),
    );
  });

  it("keeps neighbouring /64 networks apart", () => {
    assert.equal(networkOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    assert.equal(networkOf("2001:db8:1:3:3:4:5:6"), "2001:db8:1:3::/64");
  });

  it("leaves IPv4 addresses whole, mapped ones included", () => {
    assert.equal(networkOf("192.0.2.1"), "192.0.2.1");
    assert.equal(networkOf("::ffff:192.0.2.1"), "192.0.2.1");
  });

  it("cuts at another prefix when asked to", () => {
    const address = "2001:db8:abcd:1234:5678::9";
    assert.equal(networkOf(address, { v6Prefix: 32 }), "2001:db8::/32");
    assert.equal(networkOf(address, { v6Prefix: 48 }), "2001:db8:abcd::/48");
    assert.equal(networkOf(address, { v6Prefix: 56 }), "2001:db8:abcd:1200::/56");
    assert.equal(networkOf(address, { v6Prefix: 64 }), "2001:db8:abcd:1234::/64");
    assert.equal(networkOf(address, { v6Prefix: 128 }), "2001:db8:abcd:1234:5678::9/128");
  });

  it("has no network for what is no address", () => {
    assert.equal(networkOf("example.com"), undefined);
    assert.equal(networkOf(""), undefined);
  });
});
