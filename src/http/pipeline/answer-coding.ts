import { type Coding, MIN_COMPRESSED, negotiateCoding } from "../compression/coding.ts";
import { isCompressible, isEventStream } from "../compression/compressible.ts";
import { addVary, indexOfHeader, removeHeaders } from "./answer-headers.ts";
import type { Draft } from "./draft-answer.ts";
import type { LiveExchange } from "./exchange.ts";

/** The coding of the answer. What depends on the request's `Accept-Encoding` says so, whatever came of it. */
export function chooseCoding(exchange: LiveExchange, draft: Draft, compress: boolean | undefined): Coding | null {
  if (compress === false || !isWorthCompressing(draft, compress === true)) return null;
  addVary(draft.headers, "accept-encoding");
  const { headers } = exchange.request;
  const accepted = headers["accept-encoding"];
  if (accepted === undefined || (draft.file !== null && headers["range"] !== undefined)) return null;
  if (compress === undefined && mayBeGuessedAt(headers)) return null;
  return negotiateCoding(accepted);
}

function isWorthCompressing({ status, headers, body, length, file }: Draft, eventStreams: boolean): boolean {
  if (body === null || (length !== -1 && length < MIN_COMPRESSED) || status === 204 || status === 206 || status === 304)
    return false;
  const type = valueOf(headers, "content-type");
  if (type === undefined || !isCompressible(type)) return false;
  if (indexOfHeader(headers, "content-encoding") !== -1 || indexOfHeader(headers, "content-range") !== -1) return false;
  // Their `no-transform` is for what stands in between.
  if (isEventStream(type)) return eventStreams;
  // Who saves a file wants to see how much is left of it, and to go on where it stopped.
  if (file !== null && valueOf(headers, "content-disposition")?.startsWith("attachment") === true) return false;
  return valueOf(headers, "cache-control")?.includes("no-transform") !== true;
}

/**
 * Whether another site may have made a browser send this request with its visitor's credentials, to guess at what stands in the answer
 * beside what it chose itself, by how long it is compressed (BREACH). A bearer token no browser sends by itself.
 */
function mayBeGuessedAt(headers: LiveExchange["request"]["headers"]): boolean {
  const hasCredentials = headers["cookie"] !== undefined || headers["authorization"]?.startsWith("Bearer ") === false;
  return hasCredentials && headers["sec-fetch-site"] !== "same-origin" && headers["sec-fetch-site"] !== "none";
}

/** Says the coding, and no longer what holds only without one. */
export function setCoding(draft: Draft, coding: Coding): void {
  const { headers } = draft;
  headers.push("content-encoding", coding);
  removeHeaders(headers, NOT_WHEN_CODED);
}

/** A length or ranges of what is not sent as it is. */
const NOT_WHEN_CODED: ReadonlySet<string> = new Set(["content-length", "accept-ranges"]);

function valueOf(headers: readonly string[], name: string): string | undefined {
  const at = indexOfHeader(headers, name);
  return at === -1 ? undefined : headers[at + 1];
}
