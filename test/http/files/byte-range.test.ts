import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseRange } from "#src/http/files/byte-range";

const SIZE = 10_000;
/** As `start-end`, the end not included. */
const read = (header: string, size = SIZE): string | null =>
  parseRange(header, size)
    ?.map(({ start, end }) => `${start}-${end}`)
    .join(" ") ?? null;

describe("a Range, by RFC 9110, section 14.1.2", () => {
  const cases: Readonly<Record<string, string | null>> = {
    // The examples of the section.
    "bytes=0-499": "0-500",
    "bytes=500-999": "500-1000",
    "bytes=-500": "9500-10000",
    "bytes=9500-": "9500-10000",
    "bytes=0-0,-1": "0-1 9999-10000",
    "bytes= 0-999, 4500-5499, -1000": "0-1000 4500-5500 9000-10000",
    "bytes=500-600,601-999": "500-601 601-1000",
    "bytes=500-700,601-999": null, // overlap
    // What lies behind the end, in part or whole.
    "bytes=9999-10000": "9999-10000",
    "bytes=0-99999999999999999999999999": "0-10000",
    "bytes=10000-": "",
    "bytes=99999999999999999999-": "",
    "bytes=10000-10001,20000-": "",
    "bytes=10000-,0-0": "0-1",
    "bytes=-0": "",
    "bytes=-20000": "0-10000",
    // Spelling.
    "Bytes=0-0": "0-1",
    "bytes =0-0": "0-1",
    "bytes=0-0,": "0-1",
    "bytes=,,0-0 ,\t2-2": "0-1 2-3",
    // Ignored.
    "": null,
    bytes: null,
    "bytes=": null,
    "bytes=,": null,
    "bytes=-": null,
    "bytes=a-b": null,
    "bytes=1": null,
    "bytes=5-4": null,
    "bytes=0-1-2": null,
    "bytes=+1-2": null,
    "bytes=1.5-2": null,
    "bytes=0x0-1": null,
    "bytes=--1": null,
    "bytes=0 -1": null,
    "bytes=0-1;2-3": null,
    "bytes=0-1,x": null,
    "items=0-1": null,
    " bytes=0-1": null,
    "bytes=2-3,0-1": null, // out of order
    "bytes=0-,0-": null,
  };
  for (const [header, expected] of Object.entries(cases)) {
    it(`${JSON.stringify(header)} is ${expected === null ? "ignored" : expected === "" ? "not satisfiable" : expected}`, () => {
      assert.equal(read(header), expected);
    });
  }

  it("of an empty file is ignored", () => {
    for (const header of ["bytes=0-", "bytes=-1", "bytes=0-0"]) assert.equal(read(header, 0), null);
  });

  it("has at most 16 parts", () => {
    const parts = (count: number): string =>
      `bytes=${Array.from({ length: count }, (_, index) => `${index * 2}-${index * 2}`).join(",")}`;
    assert.equal(parseRange(parts(16), SIZE)?.length, 16);
    assert.equal(parseRange(parts(17), SIZE), null);
    assert.equal(parseRange(`bytes=${"0-,".repeat(5_000)}`, SIZE), null);
  });

  it("gives the bytes that a naive reading gives, never one twice, never more than there are (property)", () => {
    const bound = fc.integer({ min: 0, max: 24 });
    const part = fc.oneof(
      fc.tuple(bound, bound).map(([first, last]) => `${first}-${last}`),
      bound.map((first) => `${first}-`),
      bound.map((suffix) => `-${suffix}`),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 20 }), (parts, size) => {
        const ranges = parseRange(`bytes=${parts.join(",")}`, size);
        const wanted = parts.map((text) => positions(text, size));
        const all = wanted.flatMap((list) => list ?? []);
        const ascending = all.every((position, index) => index === 0 || position > (all[index - 1] as number));
        if (wanted.some((list) => list === null) || !ascending) return assert.equal(ranges, null);
        const given = ranges?.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index));
        assert.deepEqual(given, all);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Every position that one part names, found by asking each; null for a part that contradicts itself. */
function positions(text: string, size: number): number[] | null {
  const all = Array.from({ length: size }, (_, index) => index);
  const [first = "", last = ""] = text.split("-");
  if (first === "") return all.filter((position) => position >= size - Number(last));
  if (last !== "" && Number(last) < Number(first)) return null;
  return all.filter((position) => position >= Number(first) && (last === "" || position <= Number(last)));
}
