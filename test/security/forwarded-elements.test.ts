import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseForwarded } from "#src/security/forwarded-elements";

const element = (more: object): object => ({ for: undefined, proto: undefined, host: undefined, ...more });

describe("a Forwarded field", () => {
  const taken: readonly (readonly [string, readonly object[]])[] = [
    ["for=192.0.2.43", [element({ for: "192.0.2.43" })]],
    ['For="[2001:db8:cafe::17]:4711"', [element({ for: "[2001:db8:cafe::17]:4711" })]],
    ["for=192.0.2.60;proto=http;by=203.0.113.43", [element({ for: "192.0.2.60", proto: "http" })]],
    ["for=192.0.2.43, for=198.51.100.17", [element({ for: "192.0.2.43" }), element({ for: "198.51.100.17" })]],
    ['for="a\\"b";HOST=example.com', [element({ for: 'a"b', host: "example.com" })]],
    ['for="_a,b;c"; proto=https ,by=x', [element({ for: "_a,b;c", proto: "https" }), element({})]],
    ["secret=x;ext=y", [element({})]],
  ];
  for (const [header, elements] of taken) {
    it(`is read: ${header}`, () => assert.deepEqual(parseForwarded(header), elements));
  }

  const refused = [
    "",
    ",",
    ";",
    "for",
    "for=",
    "=x",
    "for =x",
    "for= x",
    "for=a b",
    'for="a',
    'for="a"b',
    "for=a,,for=b",
    "for=a,",
    "for=a;",
    "for=a;for=b",
    "for=[::1]",
    "for=a:80",
    'for="\u0001"',
    "for=é€",
    `for=${"a".repeat(4_096)}`,
    Array.from({ length: 33 }, () => "for=a").join(","),
  ];
  for (const header of refused) {
    it(`is refused whole: ${header.slice(0, 30)}`, () => assert.equal(parseForwarded(header), undefined));
  }

  it("is read back as it was written", () => {
    const value = fc.string({ unit: fc.constantFrom(...'abc019.:[]_ ,;=\\"'.split("")), maxLength: 20 });
    const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
    fc.assert(
      fc.property(fc.array(fc.record({ for: value, proto: value, host: value }), { minLength: 1, maxLength: 8 }), (elements) => {
        const header = elements
          .map((one) => `for=${quote(one.for)};proto=${quote(one.proto)};host=${quote(one.host)}`)
          .join(", ");
        assert.deepEqual(
          parseForwarded(header),
          elements.map((one) => ({ ...one })),
        );
      }),
    );
  });

  it("takes a linear time over hostile text", () => {
    const started = performance.now();
    for (const unit of ['"', "\\", '="\\', "a=", 'a="', "for=a,", "\t"]) parseForwarded(unit.repeat(4_096 / unit.length));
    assert.ok(performance.now() - started < 100);
  });
});
