import { hashedTag } from "../conditions/etag.ts";
import { type SentValidators, toSentValidators } from "../conditions/validators.ts";
import type { StreamSource } from "../contract.ts";
import { errors } from "../errors.ts";
import type { FileSource } from "../files/file-source.ts";
import { openEventStream } from "../live/event-stream.ts";
import type { EventsDeclaration } from "../live/events-declaration.ts";
import type { WholeAnswer } from "../replay/replay-rule.ts";
import type { Reply } from "../reply.ts";
import { composeHeaders, indexOfHeader } from "./answer-headers.ts";
import type { LiveExchange } from "./exchange.ts";
import { openFileSource } from "./file-body.ts";
import { type OpenSource, holdToLength, openSource } from "./stream-source.ts";

/** Opens a body that comes as a stream. What cannot be opened fails before the answer has begun. */
export type BodyOpener = () => OpenSource | Promise<OpenSource>;

/** An answer whose headers can still be changed, and whose body has not been opened. */
export interface Draft {
  status: number;
  /** Flat, names in lower case. */
  readonly headers: string[];
  body: string | Uint8Array | BodyOpener | null;
  /** Bytes of the body, or -1 when only the end will tell. */
  length: number;
  /** The version it shows, if it says one. */
  readonly version: SentValidators | null;
  /** The file that it is, whose parts may be asked for. */
  readonly file: FileSource | null;
}

const NONE: readonly string[] = [];
/** An answer that says its version may be kept, but not used without asking. */
const KEPT: readonly string[] = ["cache-control", "private, no-cache"];

/** A whole JSON body and what goes with it. */
export interface JsonBody {
  readonly status: number;
  readonly text: string;
  /** Bytes. */
  readonly length: number;
}

export const JSON_TYPE = "application/json; charset=utf-8";

/** A handler's plain value. @param version the tag of its bytes, where the route wants one */
export function draftValue(exchange: LiveExchange, { status, text, length }: JsonBody, version: SentValidators | null): Draft {
  const own = ["content-type", JSON_TYPE, "content-length", String(length)];
  const headers = composeHeaders(exchange, own, version === null ? NONE : KEPT);
  return { status, headers, body: text, length, version, file: null };
}

/** A JSON reply. @param version the tag of its bytes, where the route wants one and the reply does not say another */
export function draftJson(
  exchange: LiveExchange,
  { text, length }: JsonBody,
  result: Reply,
  version: SentValidators | null,
): Draft {
  const own = ["content-type", JSON_TYPE, "content-length", String(length)];
  return { ...draftHead(exchange, result, own, version), body: text, length };
}

/** Any reply but JSON. */
export function draftReply(exchange: LiveExchange, result: Reply): Draft {
  switch (result.kind) {
    case "text": {
      const text = result.value as string;
      const length = Buffer.byteLength(text);
      return { ...draftHead(exchange, result, ["content-length", String(length)]), body: text, length };
    }
    case "file": {
      const file = result.value as FileSource;
      const { size } = file;
      const head = draftHead(exchange, result, [
        "content-length",
        String(checkedLength(exchange, size)),
        "accept-ranges",
        "bytes",
      ]);
      const open: BodyOpener = () => openFileSource(file, { start: 0, end: size }, exchange.signal);
      return { ...head, file, length: size, body: size === 0 ? null : open };
    }
    case "stream":
      return streamed(exchange, draftHead(exchange, result, NONE), result.value as StreamSource);
    case "events": {
      const declaration = result.value as EventsDeclaration;
      return { ...draftHead(exchange, result, NONE), body: () => openEventStream(exchange, declaration), length: -1 };
    }
    default:
      return draftHead(exchange, result, isBodiless(result.status) ? NONE : ["content-length", "0"]);
  }
}

export function draftResponse(exchange: LiveExchange, response: Response): Draft {
  const head: Draft = {
    status: checkedStatus(exchange, response.status),
    headers: composeHeaders(exchange, NONE, responseHeaders(response)),
    body: null,
    length: 0,
    version: null,
    file: null,
  };
  return response.body === null ? head : streamed(exchange, head, response.body as StreamSource);
}

/** An answer that was made whole before. */
export function draftWhole(exchange: LiveExchange, { status, headers, body, etag, modified }: WholeAnswer): Draft {
  const length = body === null ? 0 : Buffer.byteLength(body);
  const own = isBodiless(status) ? NONE : ["content-length", String(length)];
  const version: SentValidators | null = etag === undefined && modified === undefined ? null : { etag, modified };
  const replacing = version !== null && isRead(exchange) ? KEPT.concat(headers) : headers;
  return { status, headers: composeHeaders(exchange, own, replacing), body, length, version, file: null };
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** An answer without a body so far. @param derived its version if the reply says none */
function draftHead(exchange: LiveExchange, result: Reply, own: readonly string[], derived: SentValidators | null = null): Draft {
  const { validators } = result;
  const status = checkedStatus(exchange, result.status);
  const version = validators === null ? derived : toSentValidators(validators, routeOf(exchange));
  const replacing = ownHeaders(exchange, result);
  const kept = version !== null && isRead(exchange) ? KEPT.concat(replacing) : replacing;
  return { status, headers: composeHeaders(exchange, own, kept), body: null, length: 0, version, file: null };
}

/** An answer whose body comes as a stream, as long as its Content-Length says, if it has one. */
function streamed(exchange: LiveExchange, head: Draft, source: StreamSource): Draft {
  const at = indexOfHeader(head.headers, "content-length");
  if (at === -1) return { ...head, body: () => openSource(source), length: -1 };
  const text = head.headers[at + 1] as string;
  if (!/^\d{1,15}$/.test(text)) throw errors.REPLY_HEADER_INVALID({ route: exchange.plan.path, name: "content-length" });
  const length = Number(text);
  return { ...head, body: () => holdToLength(openSource(source), length), length };
}

/** The headers of a web response that are its own to say. Flat, names in lower case. */
export function responseHeaders({ headers }: Response): readonly string[] {
  return [...headers].filter(([name]) => !TRANSPORT_FIELDS.has(name)).flat();
}

/** The tag of a body's bytes; undefined where no caller may ask by it. @param length its bytes */
export function tagOfBody(
  exchange: LiveExchange,
  { status, text, length }: { readonly status: number; readonly text: string | Uint8Array; readonly length: number },
): string | undefined {
  return status === 200 && isRead(exchange) ? hashedTag(text, length) : undefined;
}

/** Whether the caller only reads. */
export function isRead({ request: { method } }: LiveExchange): boolean {
  return method === "GET" || method === "HEAD";
}

export function checkedStatus(exchange: LiveExchange, status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw errors.REPLY_STATUS_INVALID({ route: exchange.plan.path, status });
}

function checkedLength(exchange: LiveExchange, length: number): number {
  if (Number.isSafeInteger(length) && length >= 0) return length;
  throw errors.REPLY_HEADER_INVALID({ route: exchange.plan.path, name: "content-length" });
}

export function routeOf({ plan }: LiveExchange): string {
  return `${plan.method} ${plan.path}`;
}

/** Fields that the transport owns. */
const TRANSPORT_FIELDS: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "date"]);

/** A reply's own headers. Where a message ends is not for handlers to say: two answers to that would split the connection's answers. */
export function ownHeaders(exchange: LiveExchange, { kind, headers }: Reply): readonly string[] {
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    if (TRANSPORT_FIELDS.has(name) || (name === "content-length" && kind !== "stream"))
      throw errors.REPLY_HEADER_INVALID({ route: routeOf(exchange), name });
  }
  return headers;
}
