import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Clock, Duration, ErrorFactory, SharedMemory, Size } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { CorsOptions } from "../security/mod.ts";
import type { ContentEncoding } from "./body/content-encoding.ts";
import type { Priority } from "./overload/priority.ts";
import type { MultipartDeclaration, MultipartStreamDeclaration, PartStream } from "./multipart/declaration.ts";
import type { CredentialsNote, Documentation } from "./documentation.ts";
import type { ReplayCall as CallOf, ReplayRule as RuleOf, Replayer as ReplayerOf } from "./replay/replay-rule.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Any schema library that speaks Standard Schema. zod is what the docs use. */
export type Schema = StandardSchemaV1;
export type Output<S> = S extends Schema ? StandardSchemaV1.InferOutput<S> : undefined;
export type Input<S> = S extends Schema ? StandardSchemaV1.InferInput<S> : unknown;

/** What a guard or a limit sees of a request: everything before its body. */
export interface RequestView {
  /** The request's id, also sent as `X-Request-Id`. */
  readonly id: string;
  readonly method: string;
  /** The target as received, query included. Never decide access by it: rules belong to the matched route. */
  readonly url: string;
  /** Names in lower case, repeated fields joined with `, `. Has no prototype. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /**
   * The client's address in canonical form: IPv4 dotted, IPv6 compressed, IPv4-mapped as IPv4. Behind a trusted proxy, what that says;
   * empty for the peer of a Unix socket.
   */
  readonly address: string;
  /** How the client reached the site: by the connection, or what a trusted proxy says. */
  readonly scheme: "http" | "https";
  /** The host that the client asked for, with its port, as it spelled it: `Host`, or what a trusted proxy says. Empty when there is none. */
  readonly host: string;
  /** The matched route's template, such as `/orders/:id`. */
  readonly route: string;
}

/**
 * A rule that says who is calling. `identify` returns the principal, or throws an error with status 401;
 * `permit` says whether that principal may call this route (403 if not).
 */
export interface AuthRule<Principal> {
  /** Names the rule in listings, `bearer` for instance. */
  readonly scheme: string;
  /** The `WWW-Authenticate` value of its 401. */
  readonly challenge: string;
  /** For the OpenAPI document. Default: HTTP authentication with the scheme that the challenge names. */
  readonly credentials?: CredentialsNote;
  identify(request: RequestView): Principal | Promise<Principal>;
  permit?(principal: Principal, request: RequestView): boolean | Promise<boolean>;
}

/** One answer of a rate limit. */
export interface LimitDecision {
  readonly allowed: boolean;
  /** How many more calls would pass now. */
  readonly remaining: number;
  /** Whole seconds, rounded up, until the quota is whole again. */
  readonly resetSeconds: number;
  /** Whole seconds, rounded up, until a refused call would pass; 0 when allowed. */
  readonly retryAfterSeconds: number;
  /**
   * Why a call was refused, when it is not that the caller's quota is spent (429): `"blocked"` callers are not served at all (403);
   * `"undecided"` is said where counts cannot be had now and nobody is let through uncounted (503).
   */
  readonly refusal?: "blocked" | "undecided";
}

/** What limits say of one call, in the order of their rules; null where one has nothing to say: it was skipped, or only watches. */
export type LimitDecisions = readonly (LimitDecision | null)[];

/** The call that is being limited, for those who count by how it ends. */
export interface LimitedCall {
  /** Has something done when the call is over, however it ends. */
  atEnd(task: (status: number) => void): void;
}

/** Counts a call against all rules that it was opened for: against each of them, or, when one refuses, against none. */
export type LimitCheck = (
  request: RequestView,
  principal: unknown,
  call: LimitedCall,
) => LimitDecisions | Promise<LimitDecisions>;

/** What a rule may use when it is opened at boot, once per thread. */
export interface RuleResources {
  readonly memory: SharedMemory;
  readonly clock: Clock;
  /** Where limits count, as the app has set it up: a value of the room that makes the rules. */
  readonly limits?: unknown;
}

/** What counts for rules. Rules of one engine are opened together, so that it can count against all of them at once. */
export interface LimitEngine {
  /** @param rules those of one stage of one route, in their order. At least one */
  open(rules: readonly LimitRule[], resources: RuleResources): LimitCheck | Promise<LimitCheck>;
}

/** A rate limit as a route declares it. The `ratelimit` room makes them. */
export interface LimitRule {
  /** Unique per policy; shown in `RateLimit` fields. */
  readonly name: string;
  /** `address` limits are counted before credentials are looked at, `caller` limits after. */
  readonly stage: "address" | "caller";
  readonly count: number;
  readonly windowSeconds: number;
  /** Only watches: callers are not told of it. Default false. */
  readonly shadow?: boolean;
  readonly engine: LimitEngine;
}

/** A body that the handler reads itself, chunk by chunk, with back-pressure. Reading on after an error throws it again. */
export type BodyStream = AsyncIterable<Uint8Array>;

/** What a streamed answer may come from. Chunks are sent as they come, as fast as the client takes them. */
export type StreamSource = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array>;

/** Declares that the handler reads the body as a stream; made by `bodyStream()`. */
export interface BodyStreamDeclaration {
  readonly kind: "stream";
  /** Accepted media types, such as `image/png`; `"*"` accepts any. */
  readonly types: readonly string[];
}

/**
 * How a body that a schema validates may be sent: `json` (also `+json` types), `form` (urlencoded), `text` (`text/plain`, a string),
 * `bytes` (`application/octet-stream`, a `Uint8Array`), or a media type of your own: a string for `text/…`, a `Uint8Array` for others.
 * Text is UTF-8; another charset is answered with 415.
 */
export type BodyType = "json" | "form" | "text" | "bytes" | `${string}/${string}`;
export type BodyDeclaration = Schema | BodyStreamDeclaration | MultipartDeclaration | MultipartStreamDeclaration;
export type BodyOf<Body> = Body extends BodyStreamDeclaration
  ? BodyStream
  : Body extends MultipartStreamDeclaration
    ? PartStream
    : Output<Body>;

/** Reply schemas by status, or one schema for every JSON answer. */
export type ReplyDeclaration = Schema | { readonly [status: number]: Schema };

/** Policies that a route, a group or the whole app may set; the innermost wins. */
export interface Policies {
  /** How long the caller waits at most for its answer, or the start of a streamed one, reading the body included. Default `"30s"`; `"0s"` for none. */
  readonly deadline?: Duration;
  /** The largest body, counted in bytes read. Default `"1mb"`. */
  readonly bodyLimit?: Size;
  /**
   * Encodings that a request's body may be compressed with; `true` for all that the server knows. `bodyLimit` counts the bytes that
   * come and the bytes that they become. Default none: such a body is answered with 415.
   */
  readonly decompress?: boolean | readonly ContentEncoding[];
  readonly limit?: LimitRule | readonly LimitRule[];
  readonly cors?: CorsOptions | "none";
  /** `"same-site"` refuses state-changing requests that a browser sends from elsewhere. Default `"same-site"`. */
  readonly csrf?: "same-site" | "none";
  /**
   * Content codings (zstd, br, gzip) for answers of a kilobyte and more whose type gains by it. Default: wherever no other site may
   * learn from the length what stands in the answer: not for requests with cookies that a browser does not say come from this very site.
   * `false` for answers with secrets beside text that the caller chose; `true` for those without any, and for event streams too.
   */
  readonly compress?: boolean;
  /**
   * `"auto"` gives JSON answers to GET a tag of their bytes, up to a megabyte, and answers 304 to a caller who has them. A
   * reply that says its own `etag` goes before. Default `"none"`.
   */
  readonly etag?: "auto" | "none";
  /**
   * `"required"` refuses changes with 428 that say neither `If-Match` nor `If-None-Match`; whether what they say still holds, the
   * handler asks by `checkPreconditions`. Default `"optional"`.
   */
  readonly ifMatch?: "required" | "optional";
  /**
   * What is refused first (503 with `Retry-After`) when there is more work than time: `"low"`, then `"normal"`, then `"high"`;
   * `"critical"` never. Default `"normal"`.
   */
  readonly priority?: Priority;
  /** Makes retries of a POST or PATCH safe by their `Idempotency-Key`; `idempotent()` of the idempotency room makes the rule. */
  readonly idempotency?: ReplayRule | "none";
  /** Keeps answers to GET on the server; `cacheResponse()` of the cache room makes the rule. */
  readonly cache?: ReplayRule | "none";
  /** Wraps the handler, outermost first. */
  readonly use?: Middleware | readonly Middleware[];
}

/** Since when a route is deprecated, and until when it is there. A date is a `Date`, or ISO 8601: a day (`"2026-07-01"`, UTC) or a time with its zone. */
export interface DeprecationOptions {
  /** Sent as `Deprecation` (RFC 9745). May lie ahead. */
  readonly since: Date | string;
  /** From then on the route may be gone. Sent as `Sunset` (RFC 8594). */
  readonly sunset?: Date | string;
  /** A page that says what to use instead: a URL or a path. Sent as `Link` with `rel="deprecation"`. */
  readonly link?: string;
  /** From the sunset on, answers 410 `E_HTTP_GONE` instead of what it did. Default false: a date alone breaks nobody. */
  readonly gone?: boolean;
}

/** What a route or a group may say of its place in the API; the innermost wins. */
export interface Versioning {
  /**
   * Every answer says so, and who still calls is counted (`http_server_deprecated_requests_total`) and logged, once a day and caller.
   * `true` is for what is deprecated since nobody knows when: its `Deprecation` field says 1970.
   */
  readonly deprecated?: boolean | DeprecationOptions;
}

/** An error of a catalogue that a route may answer with. */
export type DeclaredError<Code extends string = string> = ErrorFactory<never, Code>;

/** `(next) => (c) => …`, the one wrapping shape used everywhere. */
export type Middleware = (next: Handler) => Handler;
export type Handler = (c: AnyExchange) => unknown;
// Handlers of every shape meet in this type, and only here.
// eslint-disable-next-line typescript/no-explicit-any
export type AnyExchange = Exchange<any, any, any, any, any>;

/** A rule that may answer in a handler's place and sees the handler's answers, as rooms above this one make them. */
export type ReplayRule = RuleOf<AnyExchange>;
export type ReplayCall = CallOf<AnyExchange>;
export type Replayer = ReplayerOf<AnyExchange>;

/** What a handler gets: one request and its answer while they are alive. */
export interface Exchange<Params, Query, Headers, Body, Principal> {
  readonly params: Params;
  readonly query: Query;
  /** Validated headers, when the route declares a schema for them. All of them as received: `request.headers`. */
  readonly headers: Headers;
  readonly body: Body;
  readonly principal: Principal;
  readonly request: RequestView;
  /** The parsed `Cookie` header. Has no prototype. */
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** Aborted when the client leaves or the deadline passes. Hand it to everything that waits. */
  readonly signal: AbortSignal;
  /** Logs with the request's id and route. */
  readonly log: Logger;
  /**
   * The `Last-Event-ID` of a client that comes back to an event stream: the id of the last event that it has.
   *
   * @throws E_HTTP_LAST_EVENT_ID_INVALID on reading it, when it is no text that an event's id may be
   */
  readonly lastEventId: string | undefined;
  /** A nonce for this answer's Content-Security-Policy; asking for it turns the page policy on. */
  readonly nonce: string;
}

/** Names of the parameters in a path template, `"id"` for `/orders/:id`; `"*"` for a wildcard. */
export type PathKeys<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? ParameterName<Name> | PathKeys<`/${Tail}`>
    : ParameterName<Rest>
  : Path extends `${string}*`
    ? "*"
    : never;
type ParameterName<Text extends string> = Text extends `${infer Name}(${string}` ? Name : Text;
export type ParamsOf<Path extends string, Params> = Params extends Schema
  ? Output<Params>
  : { readonly [Key in PathKeys<Path>]: string };

/** What a route declares. `auth` is required: write `"public"` where anybody may call. */
export interface Contract<
  Path extends string,
  Params,
  Query,
  Headers,
  Body,
  Replies,
  Principal,
  Name extends string | undefined = undefined,
  Version extends string | undefined = undefined,
  Code extends string = never,
>
  extends Policies, Versioning, Documentation {
  readonly auth: "public" | AuthRule<Principal>;
  readonly params?: Params;
  readonly query?: Query;
  readonly headers?: Headers;
  readonly body?: Body;
  /** How a body that a schema validates may be sent. Default `["json"]`. */
  readonly accepts?: readonly BodyType[];
  readonly reply?: Replies;
  /** The errors of the app's own that callers must expect, such as `[errors.FILE_NOT_FOUND]`. Each has a status. */
  readonly errors?: readonly DeclaredError<Code>[];
  /** Unique in the app, such as `"files.show"`: what URLs are built by, and documents call it. */
  readonly name?: Name;
  /**
   * The API version that this route belongs to, such as `"2"`, where several routes have the same method and path. Callers choose by a
   * request header; see {@link VersionOptions}.
   */
  readonly version?: Version;
  /** Never set: carries the path's type. */
  readonly path?: Path;
}

/** A contract and its handler, as `route.get(…)` and its like return it. */
export interface Route<
  Verb extends Method = Method,
  Path extends string = string,
  Declared extends RouteContract = RouteContract,
  Version extends string | undefined = string | undefined,
> {
  readonly kind: "route";
  readonly method: Verb;
  readonly path: Path;
  /** Answers only for this host, or for all under `*.example.com`; set by a group. */
  readonly host?: string;
  readonly contract: Declared;
  readonly handler: Handler;
  /** Never set: carries the type of the version, the route's own or its group's. The value is in the contract. */
  readonly version?: Version;
}

/** How callers choose among versions of a route. */
export interface VersionOptions {
  /** What callers get that name none. */
  readonly default: string;
  /** The request header that names one, exactly as the routes spell it; also sent with the answer. Default `"api-version"`. */
  readonly header?: string;
}

/** Any contract, its types forgotten. */
export interface RouteContract extends Policies, Versioning, Documentation {
  readonly auth: "public" | AuthRule<unknown>;
  readonly params?: Schema | undefined;
  readonly query?: Schema | undefined;
  readonly headers?: Schema | undefined;
  readonly body?: BodyDeclaration | undefined;
  readonly accepts?: readonly BodyType[];
  readonly reply?: ReplyDeclaration | undefined;
  readonly errors?: readonly DeclaredError[];
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Set by `route.websocket`; read with `webSocketOf`, which knows its type. */
  readonly websocket?: object;
}
