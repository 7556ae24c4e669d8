import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startTrace } from "#src/core/trace-context";

// The cases of the W3C's own suite (https://github.com/w3c/trace-context, test/test.py), as a server sees them: several headers of one
// name come joined with ", ".

const TRACE = "12345678901234567890123456789012";
const SPAN = "1234567890123456";
const VALID = `00-${TRACE}-${SPAN}-01`;

const continues = (traceparent: string | undefined, tracestate?: string): boolean =>
  startTrace(traceparent, tracestate).traceId === TRACE;
const stateOf = (tracestate: string): string | undefined => startTrace(VALID, tracestate).tracestate;

describe("W3C trace context: traceparent", () => {
  const restarted: Readonly<Record<string, string | undefined>> = {
    "is missing": undefined,
    "is there twice": `${VALID}, ${VALID}`,
    "is there twice, and once malformed": `${VALID}, garbage`,
    "has version ff": `ff-${TRACE}-${SPAN}-01`,
    "has an illegal version": `.0-${TRACE}-${SPAN}-01`,
    "has a version that is too long": `000-${TRACE}-${SPAN}-01`,
    "has a version that is too short": `0-${TRACE}-${SPAN}-01`,
    "has an illegal trace id": `00-.${TRACE.slice(1)}-${SPAN}-01`,
    "has a trace id that is too long": `00-${TRACE}0-${SPAN}-01`,
    "has a trace id that is too short": `00-${TRACE.slice(1)}-${SPAN}-01`,
    "has a trace id of zeros": `00-${"0".repeat(32)}-${SPAN}-01`,
    "has an illegal parent id": `00-${TRACE}-.${SPAN.slice(1)}-01`,
    "has a parent id that is too long": `00-${TRACE}-${SPAN}0-01`,
    "has a parent id that is too short": `00-${TRACE}-${SPAN.slice(1)}-01`,
    "has a parent id of zeros": `00-${TRACE}-${"0".repeat(16)}-01`,
    "has illegal flags": `00-${TRACE}-${SPAN}-.0`,
    "has flags that are too long": `00-${TRACE}-${SPAN}-001`,
    "has flags that are too short": `00-${TRACE}-${SPAN}-1`,
    "has more behind version 00": `${VALID}-what-the-future-will-be-like`,
    "has more without a dash behind a later version": `cc-${TRACE}-${SPAN}-01.what-the-future-will-be-like`,
    "is oversized": `cc-${TRACE}-${SPAN}-01-${"x".repeat(10_000)}`,
  };
  for (const [what, header] of Object.entries(restarted)) {
    it(`begins a new trace when it ${what}, and tracestate counts for nothing`, () => {
      const trace = startTrace(header, "foo=1");
      assert.notEqual(trace.traceId, TRACE);
      assert.match(trace.traceId, /^(?!0{32})[0-9a-f]{32}$/);
      assert.deepEqual([trace.parentSpanId, trace.tracestate, trace.sampled], [undefined, undefined, false]);
    });
  }

  it("of a later version is continued by what version 00 has of it", () => {
    for (const rest of ["", "-", "-what-the-future-will-be-like"]) assert.ok(continues(`cc-${TRACE}-${SPAN}-01${rest}`), rest);
  });

  it("is continued with a span of our own", () => {
    const { parentSpanId, spanId, sampled } = startTrace(VALID);
    assert.deepEqual([parentSpanId, sampled], [SPAN, true]);
    assert.notEqual(spanId, SPAN);
  });
});

describe("W3C trace context: tracestate", () => {
  const kept: Readonly<Record<string, string>> = {
    "foo=1": "foo=1",
    "foo=1,bar=2": "foo=1,bar=2",
    "foo=1, bar=2": "foo=1,bar=2",
    "foo=1 \t , \t bar=2, \t baz=3": "foo=1,bar=2,baz=3",
    "foo=1,": "foo=1",
    ",foo=1,,bar=2": "foo=1,bar=2",
    "foo=1 2": "foo=1 2",
    "t@v=1,0t@v=2": "t@v=1,0t@v=2",
    "abcdefghijklmnopqrstuvwxyz0123456789_-*/=1": "abcdefghijklmnopqrstuvwxyz0123456789_-*/=1",
    [`${"a".repeat(241)}@${"b".repeat(14)}=1`]: `${"a".repeat(241)}@${"b".repeat(14)}=1`,
  };
  for (const [header, expected] of Object.entries(kept)) {
    it(`is sent on: ${header.slice(0, 50)}`, () => assert.equal(stateOf(header), expected));
  }

  it("takes every character that a value may have", () => {
    const characters = Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x21 + index));
    const value = characters.filter((character) => character !== "," && character !== "=").join("");
    assert.equal(stateOf(`foo=${value}`), `foo=${value}`);
  });

  const dropped = [
    "foo =1",
    "FOO=1",
    "foo.bar=1",
    "foo@=1",
    "@foo=1",
    "foo@@bar=1",
    "foo@bar@baz=1",
    "foo=bar=baz",
    "foo=,bar=3",
    "",
    "foo",
    `${"a".repeat(257)}=1`,
    `${"a".repeat(242)}@v=1`,
    `t@${"a".repeat(15)}=1`,
    "foo=1,foo=2",
  ];
  for (const header of dropped) {
    it(`is dropped and the trace goes on: ${JSON.stringify(header.slice(0, 30))}`, () => {
      assert.equal(stateOf(header), undefined);
      assert.ok(continues(VALID, header));
    });
  }

  it("has 32 members at most", () => {
    const members = Array.from({ length: 33 }, (_, index) => `bar${index}=${index}`);
    assert.equal(stateOf(members.slice(1).join(",")), members.slice(1).join(","));
    assert.equal(stateOf(members.join(",")), undefined);
  });
});
