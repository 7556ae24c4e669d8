import { randomBytes } from "node:crypto";
import { mayContinue } from "../conditions/preconditions.ts";
import { errors } from "../errors.ts";
import { type ByteRange, parseRange } from "../files/byte-range.ts";
import type { FileSource } from "../files/file-source.ts";
import { indexOfHeader } from "./answer-headers.ts";
import type { Draft } from "./draft-answer.ts";
import type { LiveExchange } from "./exchange.ts";
import { openFileParts, openFileSource } from "./file-body.ts";

/**
 * Makes the whole of a file into the parts that were asked for, if they were and may be (RFC 9110, section 14.2).
 *
 * @throws E_HTTP_RANGE_UNSATISFIABLE when no part lies in the file
 */
export function takeParts(exchange: LiveExchange, draft: Draft, file: FileSource): void {
  const { request } = exchange;
  const header = request.headers["range"];
  if (header === undefined || request.method !== "GET" || draft.version === null) return;
  if (!mayContinue(request, draft.version, exchange.services.clock.now())) return;
  const ranges = parseRange(header, file.size);
  if (ranges === null) return;
  const [first] = ranges;
  if (first === undefined) {
    throw errors.RANGE_UNSATISFIABLE({ size: file.size }, { headers: { "content-range": `bytes */${file.size}` } });
  }
  draft.status = 206;
  if (ranges.length === 1) takeOne(exchange, draft, file, first);
  else takeSeveral(exchange, draft, file, ranges);
}

function takeOne(exchange: LiveExchange, draft: Draft, file: FileSource, range: ByteRange): void {
  draft.headers.push("content-range", contentRange(range, file.size));
  setLength(draft, range.end - range.start);
  draft.body = () => openFileSource(file, range, exchange.signal);
}

function takeSeveral(exchange: LiveExchange, draft: Draft, file: FileSource, ranges: readonly ByteRange[]): void {
  const boundary = randomBytes(18).toString("hex");
  const typeAt = indexOfHeader(draft.headers, "content-type") + 1;
  const type = draft.headers[typeAt] as string;
  draft.headers[typeAt] = `multipart/byteranges; boundary=${boundary}`;
  const heads = ranges.map(
    (range, index) =>
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: ${contentRange(range, file.size)}\r\n\r\n`,
  );
  const tail = `\r\n--${boundary}--\r\n`;
  const framing = Buffer.byteLength(heads.join("")) + tail.length;
  setLength(
    draft,
    ranges.reduce((sum, { start, end }) => sum + end - start, framing),
  );
  draft.body = () => openFileParts(file, { ranges, heads, tail }, exchange.signal);
}

function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}

function setLength(draft: Draft, length: number): void {
  draft.length = length;
  draft.headers[indexOfHeader(draft.headers, "content-length") + 1] = String(length);
}
