import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { RequestView } from "#src/http/contract";
import { checkPreconditions, judgeRead, mayContinue } from "#src/http/conditions/preconditions";

const TIME = Date.UTC(2026, 0, 1, 12);
const NOW = TIME + 60_000;
const EARLIER = "Thu, 01 Jan 2026 11:59:59 GMT";
const SAME = "Thu, 01 Jan 2026 12:00:00 GMT";
const LATER = "Thu, 01 Jan 2026 12:00:01 GMT";
const CURRENT = { etag: '"v2"', modified: TIME };

type Headers = Readonly<Record<string, string>>;
const request = (headers: Headers): RequestView => ({
  id: "1",
  method: "GET",
  scheme: "http",
  host: "a.example",
  url: "/",
  headers,
  address: "",
  route: "/",
});
const judge = (headers: Headers, current: Parameters<typeof judgeRead>[1] = CURRENT): string =>
  judgeRead(request(headers), current, NOW);

describe("the conditions of a read, by RFC 9110, section 13", () => {
  const cases: readonly (readonly [string, Headers, "send" | "not modified" | "failed"])[] = [
    ["none", {}, "send"],
    ["If-None-Match with the tag", { "if-none-match": '"v2"' }, "not modified"],
    ["If-None-Match with the tag as a weak one", { "if-none-match": 'W/"v2"' }, "not modified"],
    ["If-None-Match with the tag in a list", { "if-none-match": '"v1", "v2"' }, "not modified"],
    ["If-None-Match with another", { "if-none-match": '"v1"' }, "send"],
    ["If-None-Match: *", { "if-none-match": "*" }, "not modified"],
    ["If-None-Match that is no list of tags", { "if-none-match": "v2" }, "send"],
    ["If-Match with the tag", { "if-match": '"v2"' }, "send"],
    ["If-Match with the tag as a weak one", { "if-match": 'W/"v2"' }, "failed"],
    ["If-Match with the tag in a list", { "if-match": '"v1","v2"' }, "send"],
    ["If-Match with another", { "if-match": '"v1"' }, "failed"],
    ["If-Match: *", { "if-match": " * " }, "send"],
    ["If-Match that is no list of tags", { "if-match": "v2" }, "failed"],
    ["If-Modified-Since before", { "if-modified-since": EARLIER }, "send"],
    ["If-Modified-Since at the time", { "if-modified-since": SAME }, "not modified"],
    ["If-Modified-Since after", { "if-modified-since": LATER }, "not modified"],
    ["If-Modified-Since that is no date", { "if-modified-since": "2026" }, "send"],
    ["If-Unmodified-Since before", { "if-unmodified-since": EARLIER }, "failed"],
    ["If-Unmodified-Since at the time", { "if-unmodified-since": SAME }, "send"],
    ["If-Unmodified-Since that is no date", { "if-unmodified-since": "x" }, "send"],
    // Section 13.2.2: what goes before what.
    ["If-None-Match goes before If-Modified-Since", { "if-none-match": '"v1"', "if-modified-since": LATER }, "send"],
    [
      "If-None-Match goes before If-Modified-Since, the other way",
      { "if-none-match": '"v2"', "if-modified-since": EARLIER },
      "not modified",
    ],
    ["If-Match goes before If-Unmodified-Since", { "if-match": '"v2"', "if-unmodified-since": EARLIER }, "send"],
    ["If-Match that fails goes before If-None-Match", { "if-match": '"v1"', "if-none-match": '"v2"' }, "failed"],
    ["If-Match that holds leaves If-None-Match to be asked", { "if-match": '"v2"', "if-none-match": '"v2"' }, "not modified"],
    [
      "If-Unmodified-Since that holds leaves If-Modified-Since",
      { "if-unmodified-since": LATER, "if-modified-since": LATER },
      "not modified",
    ],
  ];
  for (const [what, headers, verdict] of cases) it(`${what}: ${verdict}`, () => assert.equal(judge(headers), verdict));

  it("that ask for what the answer does not say", () => {
    const untagged = { etag: undefined, modified: TIME };
    assert.equal(judge({ "if-match": '"v2"' }, untagged), "failed");
    assert.equal(judge({ "if-none-match": '"v2"', "if-modified-since": LATER }, untagged), "send");
    const undated = { etag: '"v2"', modified: undefined };
    assert.equal(judge({ "if-modified-since": LATER }, undated), "send");
    assert.equal(judge({ "if-unmodified-since": EARLIER }, undated), "send");
  });

  it("never say 304 to somebody who has another version (property)", () => {
    const tag = fc.constantFrom('"v1"', '"v3"', 'W/"v1"', '"V2"', '"v2 "', '"v2~gzip"');
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1 }), fc.constantFrom(EARLIER, SAME, LATER), (tags, date) => {
        assert.equal(judge({ "if-none-match": tags.join(","), "if-modified-since": date }), "send");
      }),
    );
  });
});

describe("If-Range", () => {
  const continues = (condition: string, current = CURRENT as Parameters<typeof mayContinue>[1], now = NOW): boolean =>
    mayContinue(request({ "if-range": condition }), current, now);

  it("continues what has the same strong tag, and nothing else", () => {
    assert.equal(mayContinue(request({}), CURRENT, NOW), true);
    assert.equal(continues('"v2"'), true);
    for (const condition of ['"v1"', 'W/"v2"', '"v2", "v1"', "*", "", "v2", SAME, LATER])
      assert.equal(continues(condition), false, condition);
    assert.equal(continues('W/"v2"', { etag: 'W/"v2"', modified: TIME }), false);
  });

  it("continues by date only without a tag, at exactly that date, once its second is over", () => {
    const untagged = { etag: undefined, modified: TIME };
    assert.equal(continues(SAME, untagged), true);
    assert.equal(continues(LATER, untagged), false);
    assert.equal(continues(EARLIER, untagged), false);
    assert.equal(continues(SAME, untagged, TIME + 999), false);
    assert.equal(continues(SAME, { etag: undefined, modified: undefined }), false);
  });
});

describe("checkPreconditions", () => {
  const check = (headers: Headers, current: Parameters<typeof checkPreconditions>[1]): string => {
    try {
      checkPreconditions(request(headers), current);
      return "passes";
    } catch (thrown) {
      return (thrown as { code: string }).code;
    }
  };
  const FAILED = "E_HTTP_PRECONDITION_FAILED";

  const cases: readonly (readonly [Headers, Parameters<typeof checkPreconditions>[1], string])[] = [
    [{}, { etag: 2 }, "passes"],
    [{}, null, "passes"],
    [{ "if-match": '"2"' }, { etag: 2 }, "passes"],
    [{ "if-match": '"1"' }, { etag: 2 }, FAILED],
    [{ "if-match": 'W/"2"' }, { etag: 2 }, FAILED],
    [{ "if-match": '"2"' }, null, FAILED],
    [{ "if-match": "*" }, { etag: 2 }, "passes"],
    [{ "if-match": "*" }, null, FAILED],
    [{ "if-match": "2" }, { etag: 2 }, FAILED],
    [{ "if-match": "" }, { etag: 2 }, FAILED],
    [{ "if-none-match": "*" }, null, "passes"],
    [{ "if-none-match": "*" }, { etag: 2 }, FAILED],
    [{ "if-none-match": '"2"' }, { etag: 2 }, FAILED],
    [{ "if-none-match": '"1"' }, { etag: 2 }, "passes"],
    [{ "if-unmodified-since": EARLIER }, { modified: TIME }, FAILED],
    [{ "if-unmodified-since": SAME }, { modified: TIME }, "passes"],
    [{ "if-unmodified-since": EARLIER }, { etag: 2 }, "passes"],
    [{ "if-match": '"2"', "if-none-match": "*" }, { etag: 2 }, FAILED],
  ];
  for (const [headers, current, result] of cases) {
    it(`with ${JSON.stringify(headers)} for ${JSON.stringify(current)} ${result === FAILED ? "refuses with 412" : result}`, () => {
      assert.equal(check(headers, current), result);
    });
  }

  it("takes the tag of a version that was sent in a content coding", () => {
    for (const coding of ["zstd", "br", "gzip"]) assert.equal(check({ "if-match": `"v1~${coding}"` }, { etag: "v1" }), "passes");
    assert.equal(check({ "if-match": '"v1~other"' }, { etag: "v1" }), FAILED);
    assert.equal(check({ "if-match": '"v2~gzip"' }, { etag: "v1" }), FAILED);
  });
});
