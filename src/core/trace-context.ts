import { randomFillSync } from "node:crypto";

/** Where a request stands in a distributed trace. */
export interface TraceContext {
  /** 32 hex digits in lower case, not all zero. */
  readonly traceId: string;
  /** This unit of work's own span id: 16 hex digits, not all zero. */
  readonly spanId: string;
  /** The caller's span id; undefined when the trace begins here. */
  readonly parentSpanId: string | undefined;
  /** Whether the caller records this trace; false when it begins here. */
  readonly sampled: boolean;
  /** Other vendors' `tracestate`, to be sent on as it is. */
  readonly tracestate: string | undefined;
}

/** A `traceparent` header in parts. */
export interface Traceparent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Longer headers are not looked at. */
const MAX_HEADER = 8_192;

// Upper case, version ff and ids of zeros are invalid (Trace Context, section 3.2.2).
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?![^-])/;
const TRACEPARENT_LENGTH = 55;

/**
 * Reads a `traceparent` header; undefined when it is invalid, in which case `tracestate` must be ignored too. Of a version above 00,
 * the part that 00 has is read, as section 4.3 of the specification asks. A header sent twice is invalid.
 *
 * @see https://www.w3.org/TR/trace-context/
 * @example
 * parseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")?.sampled; // true
 */
export function parseTraceparent(header: string): Traceparent | undefined {
  // Node joins a header that came twice with a comma, which no traceparent has.
  if (header.length > MAX_HEADER || !TRACEPARENT.test(header) || header.includes(",")) return undefined;
  if (header.length > TRACEPARENT_LENGTH && header.startsWith("00")) return undefined;
  return {
    traceId: header.slice(3, 35),
    spanId: header.slice(36, 52),
    sampled: (Number.parseInt(header.slice(53, 55), 16) & 1) === 1,
  };
}

/** The `traceparent` header that makes whoever receives it a child of this span. */
export function formatTraceparent({ traceId, spanId, sampled }: Traceparent): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

const MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_MEMBERS = 32;
const MAX_TRACESTATE = 512;
const LARGE_MEMBER = 128;

/**
 * Checks a `tracestate` header and trims it to what has to be sent on; undefined when it is invalid or empty. Beyond 512 characters,
 * members of more than 128 go first, then the last ones (section 3.3.1.5 of the specification).
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export function parseTracestate(header: string): string | undefined {
  if (header.length > MAX_HEADER) return undefined;
  const members = header
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
  if (members.length === 0 || members.length > MAX_MEMBERS || !members.every((member) => MEMBER.test(member))) return undefined;
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf("="))));
  return keys.size === members.length ? shorten(members) : undefined;
}

function shorten(members: readonly string[]): string | undefined {
  let kept = members;
  if (kept.join(",").length > MAX_TRACESTATE) kept = kept.filter((member) => member.length <= LARGE_MEMBER);
  while (kept.join(",").length > MAX_TRACESTATE) kept = kept.slice(0, -1);
  return kept.length === 0 ? undefined : kept.join(",");
}

/**
 * The trace context of a request that came with these headers: a child of the caller's span, or the beginning of a trace when there is no
 * valid `traceparent`.
 *
 * @param traceparent the header as received
 * @param tracestate the header as received; counts only beside a valid `traceparent`
 */
export function startTrace(traceparent?: string, tracestate?: string): TraceContext {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  if (parent === undefined) {
    return {
      traceId: createTraceId(),
      spanId: createSpanId(),
      parentSpanId: undefined,
      sampled: false,
      tracestate: undefined,
    };
  }
  return {
    traceId: parent.traceId,
    spanId: createSpanId(),
    parentSpanId: parent.spanId,
    sampled: parent.sampled,
    tracestate: tracestate === undefined ? undefined : parseTracestate(tracestate),
  };
}

// perf: drawn for many ids at once, and spelled for some; an id is cut out of the text. A short one, because whoever keeps an id keeps all of
// it. An id of nothing but zeros would be invalid; it is not looked for, since 64 random bits are that once in 10^19.
const POOL = Buffer.alloc(3_072);
const SPELLED = 96;
let drawn = POOL.length;
let digits = "";
let used = 0;

function randomHex(bytes: number): string {
  if (used + 2 * bytes > digits.length) {
    if (drawn === POOL.length) {
      randomFillSync(POOL);
      drawn = 0;
    }
    digits = POOL.toString("hex", drawn, (drawn += SPELLED));
    used = 0;
  }
  used += 2 * bytes;
  return digits.slice(used - 2 * bytes, used);
}

/** A random span id: 16 hex digits. */
export function createSpanId(): string {
  return randomHex(8);
}

/** A random trace id: 32 hex digits. */
export function createTraceId(): string {
  return randomHex(16);
}
