import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  hashedTag,
  matchesStrongly,
  matchesWeakly,
  parseEntityTags,
  tagOfCoding,
  tagOfVersion,
  toEntityTag,
} from "#src/http/conditions/etag";

describe("entity tags", () => {
  it("compare as the table of RFC 9110, section 8.8.3.2, says", () => {
    for (const [left, right, strong, weak] of [
      ['W/"1"', 'W/"1"', false, true],
      ['W/"1"', 'W/"2"', false, false],
      ['W/"1"', '"1"', false, true],
      ['"1"', 'W/"1"', false, true],
      ['"1"', '"1"', true, true],
    ] as const) {
      assert.deepEqual([matchesStrongly(left, right), matchesWeakly(left, right)], [strong, weak], `${left} ${right}`);
    }
  });

  it("are taken as sent, or put in quotes, or refused", () => {
    assert.equal(toEntityTag('"v1"'), '"v1"');
    assert.equal(toEntityTag('W/"v1"'), 'W/"v1"');
    assert.equal(toEntityTag("v1"), '"v1"');
    assert.equal(toEntityTag(""), '""');
    for (const value of ['a"b', "a b", "a\r\nb", "a\0", "日", '"a" ', 'w/"a"', '"a', "\u007f"])
      assert.equal(toEntityTag(value), undefined, JSON.stringify(value));
  });

  it("are read from a list", () => {
    assert.deepEqual(parseEntityTags('"a"'), ['"a"']);
    assert.deepEqual(parseEntityTags('"a", W/"b" ,"c,d","",'), ['"a"', 'W/"b"', '"c,d"', '""']);
    assert.deepEqual(parseEntityTags(', ,"a"\t, '), ['"a"']);
  });

  for (const header of [
    "",
    ",",
    "*",
    "a",
    '"a',
    'a"',
    '"a" "b"',
    '"a"b',
    'w/"a"',
    'W/ "a"',
    '"a";q=1',
    '*, "a"',
    '"a", *',
    '"a" "',
  ]) {
    it(`are not in ${JSON.stringify(header)}`, () => assert.equal(parseEntityTags(header), undefined));
  }

  it("are read back from any list of them (property)", () => {
    const opaque = fc.string({ unit: fc.constantFrom("a", ",", "\\", "'", "~", "!", "\u00e9", "/", "*") });
    const tags = fc.array(fc.tuple(fc.constantFrom("", "W/"), opaque), { minLength: 1, maxLength: 20 });
    const gap = fc.constantFrom(",", ", ", " ,", "\t,\t", ",,");
    fc.assert(
      fc.property(tags, gap, (list, between) => {
        const written = list.map(([weak, text]) => `${weak}"${text}"`);
        assert.deepEqual(parseEntityTags(written.join(between)), written);
      }),
    );
  });

  it("CVE-2026-69207: are read in linear time from 16 KB of anything", () => {
    for (const piece of [" ", ",", '"', 'W/"', '"a",', '"a" ', "\t,", "W/"]) {
      const started = performance.now();
      parseEntityTags(piece.repeat(16_384 / piece.length));
      assert.ok(performance.now() - started < 50, JSON.stringify(piece));
    }
  });

  it("of a coding differ from each other, and lead back to their version", () => {
    const tags = ["zstd", "br", "gzip"].map((coding) => tagOfCoding('"v1"', coding));
    assert.equal(new Set([...tags, '"v1"']).size, 4);
    for (const tag of tags) assert.equal(tagOfVersion(tag), '"v1"');
    assert.equal(tagOfVersion('"v1"'), '"v1"');
    assert.equal(tagOfVersion('"v~other"'), '"v~other"');
    assert.equal(tagOfCoding('W/"v1"', "gzip"), 'W/"v1"', "a weak tag promises nothing of bytes");
  });

  it("of bytes are the same for the same bytes alone, and not made of more than a megabyte", () => {
    assert.equal(hashedTag("a", 1), hashedTag("a", 1));
    assert.notEqual(hashedTag("a", 1), hashedTag("b", 1));
    assert.match(hashedTag("a", 1) as string, /^"[\w-]{22}"$/);
    assert.notEqual(hashedTag("a", 1_048_576), undefined);
    assert.equal(hashedTag("a", 1_048_577), undefined);
  });
});
