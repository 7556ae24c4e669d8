import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createAddressSet, isAddressEntry } from "#src/core/address-set";
import { isPlinthError } from "#src/core/mod";

describe("an address set", () => {
  const cases: readonly (readonly [entries: readonly string[], has: readonly string[], lacks: readonly string[]])[] = [
    [[], [], ["127.0.0.1", "::1", ""]],
    [["192.0.2.1"], ["192.0.2.1"], ["192.0.2.2", "::1", ""]],
    [["::ffff:192.0.2.1"], ["192.0.2.1"], ["192.0.2.2"]],
    [["10.0.0.0/8"], ["10.0.0.0", "10.255.255.255"], ["11.0.0.0", "9.255.255.255", "::a00:1"]],
    [["10.1.2.3/8"], ["10.9.9.9"], ["11.0.0.0"]],
    [["::ffff:10.0.0.0/104"], ["10.200.0.1"], ["11.0.0.1"]],
    [["0.0.0.0/0"], ["203.0.113.9"], ["2001:db8::1"]],
    [["2001:DB8::/32"], ["2001:db8::1", "2001:db8:ffff::"], ["2001:db9::1"]],
    [["::1/128"], ["::1"], ["::2"]],
    [["loopback"], ["127.0.0.1", "127.9.9.9", "::1"], ["128.0.0.1", "10.0.0.1", ""]],
    [
      ["private"],
      ["10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "fe80::1"],
      ["172.32.0.1", "8.8.8.8", "127.0.0.1"],
    ],
    [["unix"], [""], ["127.0.0.1", "unix", "garbage"]],
  ];
  for (const [entries, has, lacks] of cases) {
    it(`of ${JSON.stringify(entries)} has what it names and nothing else`, () => {
      const set = createAddressSet(entries);
      assert.deepEqual(
        has.filter((address) => !set.has(address)),
        [],
      );
      assert.deepEqual(
        lacks.filter((address) => set.has(address)),
        [],
      );
    });
  }

  const refused = [
    "",
    " ",
    "localhost",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/08",
    "10.0.0.0/",
    "10.0/8",
    "::1/129",
    "fe80::1%eth0",
    "::ffff:10.0.0.0/95",
    "10.0.0.1:80",
    "[::1]",
    "Loopback",
    "constructor",
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(isAddressEntry(text), false);
      assert.throws(
        () => createAddressSet([text]),
        (thrown) => isPlinthError(thrown, "E_CORE_ADDRESS_INVALID"),
      );
    });
  }

  it("agrees with the arithmetic of IPv4 networks", () => {
    const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    const numberOf = (parts: readonly number[]): number => parts.reduce((sum, part) => sum * 256 + part, 0);
    fc.assert(
      fc.property(address, address, fc.nat(32), (network, member, prefix) => {
        const size = 2 ** (32 - prefix);
        const inside = Math.floor(numberOf(network) / size) === Math.floor(numberOf(member) / size);
        assert.equal(createAddressSet([`${network.join(".")}/${prefix}`]).has(member.join(".")), inside);
      }),
    );
  });
});
