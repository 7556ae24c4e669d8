import type { Input, Schema } from "./contract.ts";
import { errors } from "./errors.ts";
import { EVENT_HEADERS, EventsDeclaration, type EventSource, type EventsSettings } from "./live/events-declaration.ts";

/** What a streamed answer may come from. Chunks are sent as they come, as fast as the client takes them. */
export type StreamSource = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array>;

/** How the value of a reply goes out. */
export type ReplyKind = "json" | "text" | "stream" | "events" | "empty";

/** An answer with a status or headers of its own; made by the `reply` helpers. */
export class Reply<Status extends number = number, Value = unknown> {
  readonly status: Status;
  readonly kind: ReplyKind;
  readonly value: Value;
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[];

  constructor(status: Status, kind: ReplyKind, value: Value, headers: readonly string[] = []) {
    this.status = status;
    this.kind = kind;
    this.value = value;
    this.headers = headers;
  }
}

/** Extra headers of one answer. */
export interface ReplyOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StreamOptions extends ReplyOptions {
  /** Media type. Default `application/octet-stream`. */
  readonly type?: string;
  /** Bytes, when known: the answer then says `Content-Length` instead of being chunked. */
  readonly length?: number;
  /** Default 200. */
  readonly status?: number;
}

export interface EventsOptions<DataSchema extends Schema | undefined = undefined>
  extends ReplyOptions, EventsSettings<DataSchema> {}

export interface RedirectOptions extends ReplyOptions {
  /** 303 turns the next request into a GET (default); 307 and 308 keep the method. */
  readonly status?: 301 | 302 | 303 | 307 | 308;
  /** Allows a target outside this site. Default false. */
  readonly external?: boolean;
}

const flatten = (headers: Readonly<Record<string, string>> = {}): string[] => Object.entries(headers).flat();

// A target on this site: a path with one leading slash. Browsers read "//" and "/\" as the start of another host, and drop tabs and line ends.
const LOCAL_TARGET = /^\/(?![/\\])[^\\\u0000-\u0020\u007f]*$/;

/**
 * Answers other than 200 with a JSON value.
 *
 * @example
 * route.post("/orders", contract, async ({ body }) => reply.created(await save(body), { location: "/orders/1" }));
 */
export const reply = {
  /** A JSON value with any status. */
  json<const Status extends number, Value>(status: Status, value: Value, options?: ReplyOptions): Reply<Status, Value> {
    return new Reply(status, "json", value, flatten(options?.headers));
  },
  /** 201 with the new resource and where it is. */
  created<Value>(value: Value, options: ReplyOptions & { readonly location?: string } = {}): Reply<201, Value> {
    const { location, headers } = options;
    return new Reply(201, "json", value, [...(location === undefined ? [] : ["location", location]), ...flatten(headers)]);
  },
  /** No body. Default 204. */
  empty<const Status extends number = 204>(status: Status = 204 as Status, options?: ReplyOptions): Reply<Status, undefined> {
    return new Reply(status, "empty", undefined, flatten(options?.headers));
  },
  /** Text as it is. Default type `text/plain; charset=utf-8`. */
  text(
    text: string,
    options: ReplyOptions & { readonly status?: number; readonly type?: string } = {},
  ): Reply<number, undefined> {
    return textReply(text, options.type ?? "text/plain; charset=utf-8", options);
  },
  /** A page. Interpolate with the `html` tag of the security room, which escapes. */
  html(page: { toString(): string }, options: ReplyOptions & { readonly status?: number } = {}): Reply<number, undefined> {
    return textReply(page.toString(), "text/html; charset=utf-8", options);
  },
  /** Bytes as they come, with back-pressure; the source is closed when the client leaves. */
  stream(source: StreamSource, options: StreamOptions = {}): Reply<number, undefined> {
    const headers = ["content-type", options.type ?? "application/octet-stream", ...flatten(options.headers)];
    if (options.length !== undefined) headers.push("content-length", String(options.length));
    return new Reply<number, undefined>(options.status ?? 200, "stream", source as unknown as undefined, headers);
  },
  /**
   * Server-sent events, for as long as the source has any and the client stays (WHATWG HTML, section 9.2). The source is read as fast as
   * the client takes events, and closed when it leaves or the server stops; `createEvents` and `createBroadcast` make sources that are
   * written to. Nothing in an event can begin another one: an `id` or name that could is refused, and data is sent line by line.
   *
   * Where no more may be open the answer is 503 E_HTTP_LIVE_LIMIT.
   *
   * @example
   * route.get("/ticks", { auth: "public" }, ({ lastEventId, signal }) => reply.events(ticksAfter(lastEventId, signal)));
   */
  events<DataSchema extends Schema | undefined = undefined>(
    source: EventSource<DataSchema extends Schema ? Input<DataSchema> : unknown>,
    options: EventsOptions<DataSchema> = {},
  ): Reply<200, undefined> {
    const { headers, ...settings } = options;
    const declaration = new EventsDeclaration(source, settings);
    return new Reply<200, undefined>(200, "events", declaration as unknown as undefined, [...EVENT_HEADERS, ...flatten(headers)]);
  },
  /** @throws E_HTTP_REDIRECT_EXTERNAL when the target leaves the site and `external` was not said */
  redirect(target: string, options: RedirectOptions = {}): Reply<number, undefined> {
    if (options.external !== true && !LOCAL_TARGET.test(target)) throw errors.REDIRECT_EXTERNAL({ target });
    return new Reply<number, undefined>(options.status ?? 303, "empty", undefined, [
      "location",
      target,
      ...flatten(options.headers),
    ]);
  },
};

function textReply(text: string, type: string, options: ReplyOptions & { readonly status?: number }): Reply<number, undefined> {
  // The text travels in `value`, but a reply schema does not apply to it: to the types it is a reply without one.
  return new Reply<number, undefined>(options.status ?? 200, "text", text as unknown as undefined, [
    "content-type",
    type,
    ...flatten(options.headers),
  ]);
}
