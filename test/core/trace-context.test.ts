import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  createSpanId,
  createTraceId,
  formatTraceparent,
  parseTraceparent,
  parseTracestate,
  startTrace,
} from "#src/core/trace-context";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const VALID = `00-${TRACE}-${SPAN}-01`;

const hexId = (length: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((id) => !/^0+$/.test(id));

describe("traceparent", () => {
  it("is read into ids and the sampled flag", () => {
    assert.deepEqual(parseTraceparent(VALID), { traceId: TRACE, spanId: SPAN, sampled: true });
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.sampled, false);
  });

  it("takes only the lowest bit of the flags as sampled", () => {
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)?.sampled, true);
    assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)?.sampled, false);
  });

  const invalid: Readonly<Record<string, string>> = {
    "version ff": `ff-${TRACE}-${SPAN}-01`,
    "a trace id of zeros": `00-${"0".repeat(32)}-${SPAN}-01`,
    "a span id of zeros": `00-${TRACE}-${"0".repeat(16)}-01`,
    "upper case in the trace id": `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    "upper case in the span id": `00-${TRACE}-${SPAN.toUpperCase()}-01`,
    "upper case in the version": `0A-${TRACE}-${SPAN}-01`,
    "upper case in the flags": `00-${TRACE}-${SPAN}-0A`,
    "a short trace id": `00-${TRACE.slice(1)}-${SPAN}-01`,
    "a long span id": `00-${TRACE}-${SPAN}0-01`,
    "other separators": `00_${TRACE}_${SPAN}_01`,
    "more after version 00": `${VALID}-extra`,
    "a trailing dash after version 00": `${VALID}-`,
    "a trailing newline": `${VALID}\n`,
    "a leading blank": ` ${VALID}`,
    "a header sent twice": `${VALID}, ${VALID}`,
    "a header of a higher version sent twice": `01-${TRACE}-${SPAN}-01-more, ${VALID}`,
    "more without a dash after a higher version": `01-${TRACE}-${SPAN}-01.what`,
    "digits after a higher version": `01-${TRACE}-${SPAN}-0101`,
    "a header of 8 KB and more": `01-${TRACE}-${SPAN}-01-${"a".repeat(8_192)}`,
    nothing: "",
    "only a version": "00",
    "a letter beyond f": `00-${TRACE.replace("a", "g")}-${SPAN}-01`,
  };
  for (const [what, header] of Object.entries(invalid)) {
    it(`is refused with ${what}`, () => {
      assert.equal(parseTraceparent(header), undefined);
    });
  }

  it("of a higher version is read by the prefix that version 00 has", () => {
    const expected = { traceId: TRACE, spanId: SPAN, sampled: true };
    assert.deepEqual(parseTraceparent(`01-${TRACE}-${SPAN}-01`), expected);
    assert.deepEqual(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`), expected);
    assert.deepEqual(parseTraceparent(`fe-${TRACE}-${SPAN}-01-`), expected);
  });

  it("survives being written and read", () => {
    fc.assert(
      fc.property(hexId(32), hexId(16), fc.boolean(), (traceId, spanId, sampled) => {
        const parts = { traceId, spanId, sampled };
        assert.deepEqual(parseTraceparent(formatTraceparent(parts)), parts);
      }),
    );
  });

  it("never yields invalid ids, whatever arrives", () => {
    const mutated = fc
      .tuple(fc.nat(VALID.length - 1), fc.string({ maxLength: 3 }))
      .map(([at, text]) => VALID.slice(0, at) + text + VALID.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.string(), mutated), (header) => {
        const parsed = parseTraceparent(header);
        if (parsed === undefined) return;
        assert.match(parsed.traceId, /^(?!0+$)[0-9a-f]{32}$/);
        assert.match(parsed.spanId, /^(?!0+$)[0-9a-f]{16}$/);
      }),
    );
  });
});

describe("tracestate", () => {
  it("is handed on with blanks and empty members removed", () => {
    assert.equal(parseTracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"), "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    assert.equal(parseTracestate(" a=1 ,,\tb=2\t, "), "a=1,b=2");
  });

  it("accepts vendor keys of several tenants", () => {
    assert.equal(parseTracestate("fw529a3039@dt=FfYAAA,0tenant@sys=1"), "fw529a3039@dt=FfYAAA,0tenant@sys=1");
  });

  for (const header of ["", " , ", "a", "=1", "a=", "A=1", "1a=1", "a =1", "a=1=2", "a@1b=1", "a@=1", "a=é", "a=1;b=\u0007"]) {
    it(`drops ${JSON.stringify(header)} whole`, () => {
      assert.equal(parseTracestate(header), undefined);
      assert.equal(parseTracestate(`good=1,${header === "" || header === " , " ? "!" : header}`), undefined);
    });
  }

  it("is dropped when a key comes twice", () => {
    assert.equal(parseTracestate("a=1,b=2,a=3"), undefined);
  });

  it("keeps 32 members and drops 33", () => {
    const members = Array.from({ length: 33 }, (_, index) => `k${index}=v`);
    assert.equal(parseTracestate(members.slice(0, 32).join(",")), members.slice(0, 32).join(","));
    assert.equal(parseTracestate(members.join(",")), undefined);
  });

  it("keeps keys and values of 256 characters, and drops longer ones", () => {
    assert.equal(parseTracestate(`${"k".repeat(256)}=1`), `${"k".repeat(256)}=1`);
    assert.equal(parseTracestate(`${"k".repeat(257)}=1`), undefined);
    assert.equal(parseTracestate(`k=${"v".repeat(256)}`), `k=${"v".repeat(256)}`);
    assert.equal(parseTracestate(`k=${"v".repeat(257)}`), undefined);
  });

  it("loses members of more than 128 characters first, then the last ones, beyond 512", () => {
    const large = `large=${"v".repeat(200)}`;
    const small = Array.from({ length: 5 }, (_, index) => `k${index}=${"v".repeat(97)}`);
    const last = `last=${"v".repeat(50)}`;
    assert.equal(parseTracestate([large, small[0]].join(",")), [large, small[0]].join(","));
    assert.equal(parseTracestate([large, ...small].join(",")), small.join(","));
    assert.equal(parseTracestate([...small, last].join(",")), small.join(","));
  });

  it("is never longer than 512 characters", () => {
    const member = fc
      .tuple(fc.stringMatching(/^[a-z]{1,6}$/), fc.stringMatching(/^[a-z0-9]{1,200}$/))
      .map((pair) => pair.join("="));
    fc.assert(
      fc.property(fc.array(member, { maxLength: 40 }), (members) => {
        assert.ok((parseTracestate(members.join(",")) ?? "").length <= 512);
      }),
    );
  });

  it("beyond 8 KB is not looked at", () => {
    assert.equal(parseTracestate(`a=1,${" ".repeat(8_192)}b=2`), undefined);
  });

  it("full of blanks is read in linear time", () => {
    const before = performance.now();
    assert.equal(parseTracestate(`a${" ".repeat(8_000)}b`), undefined);
    assert.ok(performance.now() - before < 50, "8 KB of blanks took more than 50 ms");
  });
});

describe("startTrace", () => {
  it("begins an unsampled trace without headers", () => {
    const trace = startTrace();
    assert.match(trace.traceId, /^[0-9a-f]{32}$/);
    assert.match(trace.spanId, /^[0-9a-f]{16}$/);
    assert.deepEqual([trace.parentSpanId, trace.sampled, trace.tracestate], [undefined, false, undefined]);
  });

  it("continues the caller's trace with a span of its own", () => {
    const trace = startTrace(VALID, "vendor=1");
    assert.equal(trace.traceId, TRACE);
    assert.equal(trace.parentSpanId, SPAN);
    assert.notEqual(trace.spanId, SPAN);
    assert.deepEqual([trace.sampled, trace.tracestate], [true, "vendor=1"]);
  });

  it("ignores tracestate beside an invalid or missing traceparent", () => {
    assert.equal(startTrace("nonsense", "vendor=1").tracestate, undefined);
    assert.equal(startTrace(undefined, "vendor=1").tracestate, undefined);
    assert.notEqual(startTrace(`00-${TRACE}-${SPAN}-zz`).traceId, TRACE);
  });

  it("keeps the trace when only tracestate is malformed", () => {
    const trace = startTrace(VALID, "!!");
    assert.deepEqual([trace.traceId, trace.tracestate], [TRACE, undefined]);
  });
});

describe("ids", () => {
  it("do not repeat, across refills of the pool", () => {
    const spans = new Set(Array.from({ length: 5_000 }, createSpanId));
    const traces = new Set(Array.from({ length: 5_000 }, createTraceId));
    assert.deepEqual([spans.size, traces.size], [5_000, 5_000]);
  });

  it("are what parseTraceparent accepts", () => {
    for (let round = 0; round < 100; round += 1) {
      const parts = { traceId: createTraceId(), spanId: createSpanId(), sampled: false };
      assert.deepEqual(parseTraceparent(formatTraceparent(parts)), parts);
    }
  });
});
