import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CODINGS, negotiateCoding, rankCodings } from "#src/http/compression/coding";

describe("the coding that Accept-Encoding allows, by RFC 9110, section 12.5.3", () => {
  const cases: Readonly<Record<string, string | null>> = {
    "": null,
    gzip: "gzip",
    GZIP: "gzip",
    "x-gzip": "gzip",
    br: "br",
    zstd: "zstd",
    "*": "zstd",
    identity: null,
    deflate: null,
    "compress, deflate": null,
    "gzip, deflate, br, zstd": "zstd",
    "gzip, deflate, br": "br",
    "gzip;q=1.0, br;q=0.9": "gzip",
    "gzip;q=0.5, br ; q=0.5": "br",
    "gzip;q=0": null,
    "gzip;q=0.0, br;q=0.000": null,
    "*;q=0": null,
    "*;q=0, gzip;q=0.1": "gzip",
    "zstd;q=0, *": "br",
    "zstd;q=0, br;q=0, *;q=0.5": "gzip",
    "identity, gzip;q=0.5": null,
    "identity;q=0.5, gzip;q=0.5": "gzip",
    "identity;q=0": null,
    "identity;q=0, gzip": "gzip",
    "gzip;q=0.001": "gzip",
    "gzip;q=1.5": "gzip",
    ",, gzip ,": "gzip",
    "gzip\t;\tQ=1": "gzip",
    // What cannot be read asks for nothing.
    "gzip;q=x": null,
    "gzip;q=": null,
    "gzip;q=-1": null,
    "gzip;q=2": null,
    "gzip;q=0.1234": null,
    "gzip;level=9": null,
    "gzip br": null,
    "gz ip, br": null,
  };
  for (const [header, coding] of Object.entries(cases)) {
    it(`${JSON.stringify(header)}: ${coding ?? "none"}`, () => {
      assert.equal(negotiateCoding(header), coding);
      assert.equal(negotiateCoding(header), coding, "and the same when it is known");
    });
  }

  it("is the first of those it allows, best first", () => {
    assert.deepEqual(rankCodings("gzip;q=0.8, zstd;q=0.5, br"), ["br", "gzip", "zstd"]);
    assert.deepEqual(rankCodings("gzip, br"), ["br", "gzip"]);
    assert.deepEqual(rankCodings("identity;q=0.5, gzip, br;q=0.4"), ["gzip"]);
  });

  it("of more than 32 is none", () => {
    assert.equal(negotiateCoding("gzip,".repeat(5_000)), null);
  });

  it("is never one that was ruled out or not named, and the best there is (property)", () => {
    const name = fc.constantFrom("gzip", "br", "zstd", "identity", "deflate", "*");
    const entry = fc.tuple(name, fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([coding]) => coding, maxLength: 6 }), (entries) => {
        const weights = new Map<string, number>(entries);
        const weightOf = (coding: string): number => weights.get(coding) ?? weights.get("*") ?? 0;
        const chosen = negotiateCoding(entries.map(([coding, weight]) => `${coding};q=0.${weight}`).join(", "));
        const best = Math.max(...CODINGS.map(weightOf));
        if (best === 0 || best < (weights.get("identity") ?? 0)) return assert.equal(chosen, null);
        assert.equal(
          chosen,
          CODINGS.find((coding) => weightOf(coding) === best),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
