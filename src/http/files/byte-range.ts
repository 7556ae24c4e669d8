/** Bytes of a file from `start` up to, but not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** More parts than this in one request are not served as parts. */
const MAX_RANGES = 16;
const UNIT = /^bytes[ \t]*=/i;
const RANGE = /^[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/;
const BLANK = /^[ \t]*$/;

/**
 * Reads a `Range` (RFC 9110, section 14.1.2).
 *
 * @returns the parts that can be sent, none when all lie behind the file's end (416), or null when the header is to be ignored, as
 *   section 14.2 allows: unknown unit, faulty, more than 16 parts, or parts that overlap or are out of order. So a request is never
 *   worth more bytes than the file has. An empty file has no parts, and is sent whole.
 */
export function parseRange(header: string, size: number): readonly ByteRange[] | null {
  const unit = UNIT.exec(header);
  if (unit === null || size === 0) return null;
  const texts = header.slice(unit[0].length).split(",", MAX_RANGES + 1);
  if (texts.length > MAX_RANGES || texts.every((text) => BLANK.test(text))) return null;
  const ranges: ByteRange[] = [];
  for (const text of texts) {
    if (BLANK.test(text)) continue; // a list may have empty elements (section 5.6.1)
    const range = parseOne(text, size);
    if (range === null) return null;
    if (range.start >= range.end) continue;
    if (range.start < (ranges.at(-1)?.end ?? 0)) return null;
    ranges.push(range);
  }
  return ranges;
}

/** One part; empty when it lies behind the end, null when it is none. */
function parseOne(text: string, size: number): ByteRange | null {
  const match = RANGE.exec(text);
  if (match === null) return null;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) return { start: Math.max(0, size - Number(suffix)), end: size };
  const start = Number(first);
  if (last === "") return { start, end: size };
  if (Number(last) < start) return null;
  return { start, end: Math.min(size, Number(last) + 1) };
}
