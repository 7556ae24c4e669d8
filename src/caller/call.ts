import type { PathKeys, RouteContract, Schema } from "../http/contract.ts";
import type { Problem, ProblemCode } from "../http/mod.ts";
import type { errors } from "./errors.ts";
import type { Fields } from "./fields.ts";

// What a call of a route needs and what its answer holds, from the types of the route's declaration.

/** A value as JSON brings it: what has a `toJSON` is what that returns. */
export type Wire<Value> = Value extends { toJSON(): infer Json }
  ? Wire<Json>
  : Value extends object
    ? { readonly [Key in keyof Value]: Wire<Value[Key]> }
    : Value;

type Sent<Declared> = Declared extends Schema ? NonNullable<Declared["~standard"]["types"]>["input"] : never;
type Received<Declared> = Declared extends Schema ? Wire<NonNullable<Declared["~standard"]["types"]>["output"]> : never;

/** Bodies that travel as they are. */
export type RawBody = Uint8Array<ArrayBuffer> | Blob | URLSearchParams | FormData | ReadableStream<Uint8Array>;

/** A key that must be there, unless every member of its value may be missing. */
type Member<Key extends string, Value> =
  Partial<Value> extends Value ? { readonly [Name in Key]?: Value } : { readonly [Name in Key]: Value };

type IsDeclared<Declared> = [NonNullable<Declared>] extends [never] ? false : true;

type ParamsMember<Path extends string> = string extends Path
  ? { readonly params?: Fields }
  : Member<"params", { readonly [Name in PathKeys<Path>]: string | number }>;
type QueryMember<Declared> =
  IsDeclared<Declared> extends true ? Member<"query", Sent<NonNullable<Declared>>> : { readonly query?: Fields };
type HeadersMember<Declared> =
  IsDeclared<Declared> extends true ? Member<"headers", Sent<NonNullable<Declared>> & Fields> : { readonly headers?: Fields };
type BodyMember<Declared> = [NonNullable<Declared>] extends [never]
  ? { readonly body?: undefined }
  : [NonNullable<Declared>] extends [Schema]
    ? { readonly body: Sent<NonNullable<Declared>> | RawBody }
    : { readonly body: RawBody };

/** What a URL of a route is made of. */
export type UrlInput<Path extends string, Declared extends RouteContract> = RouteContract extends Declared
  ? { readonly params?: Fields; readonly query?: Fields }
  : ParamsMember<Path> & QueryMember<Declared["query"]>;

/** What a call of a route is made of. Path parameters, query, headers and body are typed as the route declares them. */
export type CallInput<Path extends string, Declared extends RouteContract> = CallControl &
  UrlInput<Path, Declared> &
  (RouteContract extends Declared
    ? { readonly headers?: Fields; readonly body?: unknown }
    : HeadersMember<Declared["headers"]> & BodyMember<Declared["body"]>);

interface CallControl {
  /** Ends the call early: what its reason is, is thrown. */
  readonly signal?: AbortSignal;
}

/** The input as the last argument; it may be left out where nothing in it is required. */
export type InputArgument<Input> = Partial<Input> extends Input ? [input?: Input] : [input: Input];

/** An answer below 400. */
export interface Success<Status extends number, Data> {
  readonly ok: true;
  readonly status: Status;
  readonly headers: Headers;
  /** JSON parsed, `text/…` as text, other types as bytes, `undefined` where there is no body. */
  readonly data: Data;
  readonly problem?: undefined;
}

/** An answer of 400 or more. `problem` is always there. */
export interface Refusal<Status extends number, Data, Code extends string> {
  readonly ok: false;
  readonly status: Status;
  readonly headers: Headers;
  /** What came instead of a problem document: a reply that the route declares for this status. */
  readonly data: Data;
  readonly problem: ProblemOf<Code>;
}

/** A problem with one of these codes. */
export type ProblemOf<Code extends string> = Omit<Problem, "code"> & { readonly code: Code };

/** The code of an answer of 400 or more without a problem document. */
type ProblemMissing = (typeof errors)["PROBLEM_MISSING"]["code"];

/** Statuses that a JSON answer may have when its route names none. Literals, so that comparing one tells the answers apart. */
type SuccessStatus = 200 | 201 | 202 | 203 | 206 | 207;
/** Statuses of problems: what steps before and after the handler may answer, and what handlers commonly throw. */
type FailureStatus =
  | (400 | 401 | 402 | 403 | 404 | 405 | 406 | 408 | 409 | 410 | 411 | 412 | 413 | 414 | 415 | 416 | 417)
  | (421 | 422 | 423 | 424 | 425 | 426 | 428 | 429 | 431 | 451)
  | (500 | 501 | 502 | 503 | 504 | 507);

/** Codes that any route may answer with: of the framework, of guards, and of what stands in the app's place. */
type CommonCode = ProblemCode | ProblemMissing;
type DeclaredCode<Declared extends RouteContract> = NonNullable<Declared["errors"]>[number]["code"];
type Problems<Code extends string> = Refusal<FailureStatus, undefined, CommonCode | Code>;

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type IsOk<Status extends number> = `${Status}` extends `${2 | 3}${Digit}${Digit}` ? true : false;
type ByStatus<Replies> = {
  [Status in keyof Replies & number]: IsOk<Status> extends true
    ? Success<Status, Received<Replies[Status]>>
    : Refusal<Status, Received<Replies[Status]>, ProblemMissing>;
}[keyof Replies & number];
type Replies<Declared> = [Declared] extends [never]
  ? Success<number, unknown>
  : [Declared] extends [Schema]
    ? Success<SuccessStatus, Received<Declared>>
    : ByStatus<Declared>;

/**
 * What a call of a route is answered: by its reply schemas, or with a problem. `problem.code` is one of the framework's codes, or one
 * that the route declares in `errors`; what it does not declare the types do not know, so keep a `default` beside the cases.
 */
export type CallAnswer<Declared extends RouteContract> = RouteContract extends Declared
  ? Success<number, unknown> | Refusal<number, unknown, string>
  : Replies<NonNullable<Declared["reply"]>> | Problems<DeclaredCode<Declared>>;
