import { type CacheOptions, cacheControl } from "./cache-control.ts";
import type { Validators } from "./conditions/validators.ts";
import type { Input, Schema, StreamSource } from "./contract.ts";
import { errors } from "./errors.ts";
import { contentDisposition } from "./files/content-disposition.ts";
import type { FileSource } from "./files/file-source.ts";
import { mediaTypeOf } from "./files/media-type-of.ts";
import { EVENT_HEADERS, EventsDeclaration, type EventSource, type EventsSettings } from "./live/events-declaration.ts";
import { isLocalTarget, toAscii } from "./redirect-target.ts";

/** How the value of a reply goes out. */
export type ReplyKind = "json" | "text" | "stream" | "file" | "events" | "empty";

/** What goes before the value of a reply. */
interface ReplyHead {
  readonly headers?: readonly string[];
  readonly validators?: Validators | null;
}

/** An answer with a status or headers of its own; made by the `reply` helpers. */
export class Reply<Status extends number = number, Value = unknown> {
  readonly status: Status;
  readonly kind: ReplyKind;
  readonly value: Value;
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[];
  /** What its caller may ask by whether it has changed. */
  readonly validators: Validators | null;

  constructor(status: Status, kind: ReplyKind, value: Value, { headers = [], validators = null }: ReplyHead = {}) {
    this.status = status;
    this.kind = kind;
    this.value = value;
    this.headers = headers;
    this.validators = validators;
  }
}

/**
 * Extra headers of one answer, and the version that it shows. With `etag` or `modified` the answer may be kept by its caller
 * (`Cache-Control: private, no-cache` unless `cache` or a header says otherwise), and the conditions of a GET or HEAD are judged by
 * them: 304 without a body, or 412. A write is judged before it is made, by `checkPreconditions`.
 */
export interface ReplyOptions extends Validators {
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer may be kept. Default: not at all, or asked about each time where it says its version. */
  readonly cache?: CacheOptions;
}

export interface StreamOptions extends ReplyOptions {
  /** Media type. Default `application/octet-stream`. */
  readonly type?: string;
  /** Bytes, when known: the answer then says `Content-Length` instead of being chunked. */
  readonly length?: number;
  /** Default 200. */
  readonly status?: number;
}

/** `etag` and `modified` go before what the source says of itself. */
export interface FileOptions extends ReplyOptions {
  /** The name that the file is offered under, any Unicode. Default none: browsers take one from the address. */
  readonly name?: string;
  /** Media type. Default by the end of the name. */
  readonly type?: string;
  /** Lets browsers show the file instead of saving it. Not for what strangers have sent, unless its type is harmless. Default false. */
  readonly inline?: boolean;
}

export interface EventsOptions<DataSchema extends Schema | undefined = undefined>
  extends Pick<ReplyOptions, "headers">, EventsSettings<DataSchema> {}

export interface RedirectOptions extends ReplyOptions {
  /** 303 turns the next request into a GET (default); 307 and 308 keep the method. */
  readonly status?: 301 | 302 | 303 | 307 | 308;
  /** Allows a target outside this site. Default false. */
  readonly external?: boolean;
}

/** @param own what this kind of reply always says; flat */
function headOf(options: ReplyOptions = NOTHING, own: readonly string[] = []): ReplyHead {
  const { headers, cache, etag, modified } = options;
  return {
    headers: [
      ...own,
      ...(headers === undefined ? [] : Object.entries(headers).flat()),
      ...(cache === undefined ? [] : ["cache-control", cacheControl(cache)]),
    ],
    validators: etag === undefined && modified === undefined ? null : options,
  };
}

const NOTHING: ReplyOptions = {};

/**
 * Answers other than 200 with a JSON value.
 *
 * @example
 * route.post("/orders", contract, async ({ body }) => reply.created(await save(body), { location: "/orders/1" }));
 */
export const reply = {
  /** A JSON value with any status. */
  json<const Status extends number, Value>(status: Status, value: Value, options?: ReplyOptions): Reply<Status, Value> {
    return new Reply(status, "json", value, headOf(options));
  },
  /** 201 with the new resource and where it is. */
  created<Value>(value: Value, options: ReplyOptions & { readonly location?: string } = {}): Reply<201, Value> {
    const { location } = options;
    return new Reply(201, "json", value, headOf(options, location === undefined ? [] : ["location", location]));
  },
  /** No body. Default 204. */
  empty<const Status extends number = 204>(status: Status = 204 as Status, options?: ReplyOptions): Reply<Status, undefined> {
    return new Reply(status, "empty", undefined, headOf(options));
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
    const { type = "application/octet-stream", length, status = 200 } = options;
    const own = ["content-type", type, ...(length === undefined ? [] : ["content-length", String(length)])];
    return new Reply<number, undefined>(status, "stream", source as unknown as undefined, headOf(options, own));
  },
  /**
   * A file, by `openFile` or from anywhere else: whole, in the parts that a `Range` asks for (206, 416), or not at all when the caller
   * has it (304). Its tag and time are the source's. The source is closed when the answer has ended, however that was.
   *
   * @example
   * const file = await openFile(path);
   * return file === undefined ? reply.json(404, { why: "gone" }) : reply.file(file, { name: "report.pdf" });
   */
  file(source: FileSource, options: FileOptions = {}): Reply<200, undefined> {
    const { name, type = mediaTypeOf(name ?? ""), inline = false } = options;
    const version = { etag: options.etag ?? source.etag, modified: options.modified ?? source.modified };
    const head = headOf({ ...options, ...version }, [
      "content-type",
      type,
      "content-disposition",
      contentDisposition(name, inline),
    ]);
    return new Reply<200, undefined>(200, "file", source as unknown as undefined, head);
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
    const head = headOf(headers === undefined ? {} : { headers }, EVENT_HEADERS);
    return new Reply<200, undefined>(200, "events", declaration as unknown as undefined, head);
  },
  /**
   * Sends the caller elsewhere on this site. Characters that a header cannot have are escaped.
   *
   * @throws E_HTTP_REDIRECT_EXTERNAL (400) when the target leaves the site and `external` was not said. To send the caller of such a
   *   target elsewhere instead, ask `isLocalTarget`
   */
  redirect(target: string, options: RedirectOptions = {}): Reply<number, undefined> {
    if (options.external !== true && !isLocalTarget(target)) throw errors.REDIRECT_EXTERNAL({ target });
    const head = headOf(options, ["location", toAscii(target)]);
    return new Reply<number, undefined>(options.status ?? 303, "empty", undefined, head);
  },
};

function textReply(text: string, type: string, options: ReplyOptions & { readonly status?: number }): Reply<number, undefined> {
  // The text travels in `value`, but a reply schema does not apply to it: to the types it is a reply without one.
  const head = headOf(options, ["content-type", type]);
  return new Reply<number, undefined>(options.status ?? 200, "text", text as unknown as undefined, head);
}
