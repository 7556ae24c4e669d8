import type { AnyApp } from "../app/mod.ts";
import type { PathKeys, RouteContract, Schema } from "../http/contract.ts";
import type { Problem, Route } from "../http/mod.ts";

// What a request to a route needs and what its answer holds, from the types of the route's declaration.

/** A function that makes routes from services: one of an app's `routes`. */
export type RouteMaker = NonNullable<AnyApp["routes"]>[number];

/** The routes with this method. */
type RoutesBy<Routes extends Route, Verb> = Extract<Routes, { readonly method: Verb }>;

/** Methods that some route has. */
export type MethodOf<Routes extends Route> = Routes["method"];

/** Path templates of the routes with this method; any text when the routes are not known. */
export type PathOf<Routes extends Route, Verb> = string extends Routes["path"] ? string : RoutesBy<Routes, Verb>["path"];

/** The contract of the route with this method and path. */
export type ContractOf<Routes extends Route, Verb, Path> = string extends Routes["path"]
  ? RouteContract
  : Extract<RoutesBy<Routes, Verb>, { readonly path: Path }>["contract"];

/** A value as JSON brings it: what has a `toJSON` is what that returns. */
export type Wire<Value> = Value extends { toJSON(): infer Json }
  ? Wire<Json>
  : Value extends object
    ? { readonly [Key in keyof Value]: Wire<Value[Key]> }
    : Value;

type Sent<Declared> = Declared extends Schema ? NonNullable<Declared["~standard"]["types"]>["input"] : never;
type Received<Declared> = Declared extends Schema ? Wire<NonNullable<Declared["~standard"]["types"]>["output"]> : never;

type QueryValue = string | number | boolean | undefined;
/** Parts of a request by name, written as text. */
export type Fields = Readonly<Record<string, QueryValue | readonly QueryValue[]>>;
/** Bodies that travel as they are. */
type RawBody = Uint8Array | URLSearchParams | FormData | ReadableStream<Uint8Array>;

/** A key that must be there, unless every member of its value may be missing. */
type Member<Key extends string, Value> =
  Partial<Value> extends Value ? { readonly [Name in Key]?: Value } : { readonly [Name in Key]: Value };

type ParamsMember<Path extends string> = string extends Path
  ? { readonly params?: Fields }
  : Member<"params", { readonly [Name in PathKeys<Path>]: string | number }>;
type QueryMember<Declared> = [NonNullable<Declared>] extends [Schema]
  ? Member<"query", Sent<NonNullable<Declared>>>
  : { readonly query?: Fields };
type HeadersMember<Declared> = [NonNullable<Declared>] extends [Schema]
  ? Member<"headers", Sent<NonNullable<Declared>> & Fields>
  : { readonly headers?: Fields };
type BodyMember<Declared> = [NonNullable<Declared>] extends [never]
  ? { readonly body?: undefined }
  : [NonNullable<Declared>] extends [Schema]
    ? { readonly body: Sent<NonNullable<Declared>> | URLSearchParams }
    : { readonly body: RawBody };

/** What a request to a route is made of. Path parameters, query, headers and body are typed as the route declares them. */
export type RequestInput<Path extends string, Declared extends RouteContract> = RouteContract extends Declared
  ? { readonly params?: Fields; readonly query?: Fields; readonly headers?: Fields; readonly body?: unknown }
  : ParamsMember<Path> & QueryMember<Declared["query"]> & HeadersMember<Declared["headers"]> & BodyMember<Declared["body"]>;

/** The input as the last argument; it may be left out where nothing in it is required. */
export type InputArgument<Input> = Partial<Input> extends Input ? [input?: Input] : [input: Input];

interface Answered<Ok extends boolean, Status extends number, Body> {
  /** Whether the status is 200 to 299. */
  readonly ok: Ok;
  readonly status: Status;
  readonly headers: Headers;
  /** JSON parsed, other text as text, `undefined` where there is none. */
  readonly body: Body;
}

/** Statuses that a JSON answer may have when its route names none. Literals, so that comparing one tells the answers apart. */
type Success = 200 | 201 | 202 | 203 | 206 | 207;
/** Statuses of problems: what steps before and after the handler may answer, and what handlers commonly throw. */
type Failure =
  | (400 | 401 | 402 | 403 | 404 | 405 | 406 | 408 | 409 | 410 | 411 | 412 | 413 | 414 | 415 | 416 | 417)
  | (421 | 422 | 423 | 424 | 425 | 426 | 428 | 429 | 431 | 451)
  | (500 | 501 | 502 | 503 | 504 | 507);
/** Answers that are errors: problem details (RFC 9457). */
type Refused<Declared = never> = Answered<false, Exclude<Failure, Declared>, Problem>;
type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type IsOk<Status extends number> = `${Status}` extends `2${Digit}${Digit}` ? true : false;
type ByStatus<Replies> = {
  [Status in keyof Replies & number]: Answered<IsOk<Status>, Status, Received<Replies[Status]>>;
}[keyof Replies & number];

/** What a request to a route is answered: by its reply schemas, or a problem. */
export type RequestAnswer<Declared extends RouteContract> = RouteContract extends Declared
  ? Answered<boolean, number, unknown>
  : [NonNullable<Declared["reply"]>] extends [never]
    ? Answered<true, number, unknown> | Refused
    : [NonNullable<Declared["reply"]>] extends [Schema]
      ? Answered<true, Success, Received<NonNullable<Declared["reply"]>>> | Refused
      : ByStatus<NonNullable<Declared["reply"]>> | Refused<keyof NonNullable<Declared["reply"]>>;
