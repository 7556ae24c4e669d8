import type {
  BodyDeclaration,
  BodyOf,
  BodyStreamDeclaration,
  Contract,
  Exchange,
  Handler,
  Input,
  Method,
  Output,
  ParamsOf,
  Policies,
  ReplyDeclaration,
  Route,
  RouteContract,
  Schema,
  Versioning,
} from "./contract.ts";
import type { Documentation } from "./documentation.ts";
import { type WebSocketBuilder, declareWebSocket } from "./live/declare-web-socket.ts";
import type { Reply } from "./reply.ts";

/** What a handler may return: a value that fits the reply schema, a `reply.*` helper's result, or a web `Response`. */
export type HandlerResult<Replies> = Replies extends Schema
  ? Input<Replies> | Reply<number, Input<Replies> | undefined> | Response
  : Replies extends { readonly [status: number]: Schema }
    ? RepliesByStatus<Replies> | Reply<number, undefined> | Response
    : unknown;
type RepliesByStatus<Replies extends { readonly [status: number]: Schema }> =
  | { [Status in keyof Replies & number]: Reply<Status, Input<Replies[Status]>> }[keyof Replies & number]
  | (Replies extends { readonly 200: infer Ok } ? Input<Ok> : never);

/** Declares a route of one method; see `route`. */
export interface RouteBuilder<Verb extends Method> {
  <
    const Path extends string,
    Principal = undefined,
    Params extends Schema | undefined = undefined,
    Query extends Schema | undefined = undefined,
    Headers extends Schema | undefined = undefined,
    Body extends BodyDeclaration | undefined = undefined,
    Replies extends ReplyDeclaration | undefined = undefined,
    const Name extends string | undefined = undefined,
    const Version extends string | undefined = undefined,
    Code extends string = never,
  >(
    path: Path,
    contract: Contract<Path, Params, Query, Headers, Body, Replies, Principal, Name, Version, Code>,
    handler: (
      c: Exchange<ParamsOf<Path, Params>, Output<Query>, Output<Headers>, BodyOf<Body>, Principal>,
    ) => HandlerResult<Replies> | Promise<HandlerResult<Replies>>,
    // NoInfer: a list of routes that this one is put into must not decide what it declares.
  ): Route<
    Verb,
    Path,
    Contract<
      Path,
      NoInfer<Params>,
      NoInfer<Query>,
      NoInfer<Headers>,
      NoInfer<Body>,
      NoInfer<Replies>,
      NoInfer<Principal>,
      NoInfer<Name>,
      NoInfer<Version>,
      NoInfer<Code>
    > &
      RouteContract,
    NoInfer<Version>
  >;
}

function builder<Verb extends Method>(method: Verb): RouteBuilder<Verb> {
  return ((path: string, contract: RouteContract, handler: Handler) => ({
    kind: "route",
    method,
    path,
    contract,
    handler,
  })) as unknown as RouteBuilder<Verb>;
}

/**
 * Declares routes, one function a method. HEAD answers wherever GET does, OPTIONS wherever anything does.
 *
 * @example
 * route.get("/orders/:id", { auth: "public", params: z.object({ id: z.uuid() }), reply: Order }, ({ params }) => find(params.id));
 */
export const route: {
  readonly get: RouteBuilder<"GET">;
  readonly post: RouteBuilder<"POST">;
  readonly put: RouteBuilder<"PUT">;
  readonly patch: RouteBuilder<"PATCH">;
  readonly delete: RouteBuilder<"DELETE">;
  readonly websocket: WebSocketBuilder;
} = {
  get: builder("GET"),
  post: builder("POST"),
  put: builder("PUT"),
  patch: builder("PATCH"),
  delete: builder("DELETE"),
  websocket: declareWebSocket,
};

/** Routes, and lists of routes. */
type RouteList = readonly (Route | readonly Route[])[];

/** A list of routes without lists in it: a tuple as it is, else a list of any of them. */
type Flat<Declared extends RouteList> = Declared extends readonly Route[]
  ? Declared
  : readonly (Declared[number] extends infer Member ? (Member extends readonly (infer Inner)[] ? Inner : Member) : never)[];

/**
 * Declares several routes as one typed list, which a typed caller and tests know them by. Lists in it, such as groups, are laid flat.
 *
 * @example
 * routes(listOrders, getOrder, group({ prefix: "/admin" }, [dropOrder]));
 */
export function routes<const Declared extends RouteList>(...declared: Declared): Flat<Declared> {
  return (declared as RouteList).flat() as unknown as Flat<Declared>;
}

/** What a group shares: a path prefix and policies. A route's own policy wins; middleware of both apply, the group's outside. */
export interface GroupOptions<Prefix extends string = string, Version extends string | undefined = string | undefined>
  extends Policies, Versioning, Pick<Documentation, "tags" | "documented"> {
  /** Starts with a slash, ends without one; parameters are allowed. */
  readonly prefix?: Prefix;
  /**
   * The routes answer only for this host: `api.example.com`, or `*.example.com` for every name under it. Without port, in any case. A
   * route of the closest host wins; routes without one answer for the rest. Default: every host.
   */
  readonly host?: string;
  /** The API version of all members that name none themselves. */
  readonly version?: Version;
}

/** The members of a group with its prefix and version, as types. */
export type Grouped<Prefix extends string, Version extends string | undefined, Members extends RouteList> =
  Flat<Members> extends infer Routes extends readonly Route[]
    ? { readonly [Index in keyof Routes]: GroupedRoute<Prefix, Version, Routes[Index]> }
    : never;
type GroupedRoute<Prefix extends string, Version extends string | undefined, Member> =
  Member extends Route<infer Verb, infer Path, infer Declared, infer Own>
    ? Route<Verb, JoinedPath<Prefix, Path>, Declared, [Own] extends [undefined] ? Version : Own>
    : never;
type JoinedPath<Prefix extends string, Path extends string> = Path extends "/"
  ? Prefix extends ""
    ? Path
    : Prefix
  : `${Prefix}${Path}`;

/**
 * Routes under a common prefix and policies. Groups may stand in groups.
 *
 * @example
 * group({ prefix: "/v1", limit: rate("1000/1m", { by: "address" }) }, [listOrders, getOrder]);
 */
export function group<
  const Members extends RouteList,
  const Prefix extends string = "",
  const Version extends string | undefined = undefined,
>(options: GroupOptions<Prefix, Version>, members: Members): Grouped<Prefix, Version, Members> {
  const { prefix = "", host, ...policies } = options;
  const place = (member: Route): Route => ({
    ...(host === undefined ? {} : { host }), // a group inside, or the route itself, has the last word
    ...member,
    path: prefix + (member.path === "/" && prefix !== "" ? "" : member.path),
    contract: { ...mergePolicies(policies, member.contract), auth: member.contract.auth },
  });
  return (members as RouteList).flat().map(place) as unknown as Grouped<Prefix, Version, Members>;
}

/** Policies of an outer scope under a contract's own: the inner wins, middleware adds up from outside in. */
export function mergePolicies(outer: Policies, inner: RouteContract): RouteContract {
  const use = [...listOf(outer.use), ...listOf(inner.use)];
  return { ...outer, ...inner, ...(use.length === 0 ? {} : { use }) };
}

/** One or several, as a list. */
export function listOf<Item extends object>(items: Item | readonly Item[] | undefined): readonly Item[] {
  if (items === undefined) return [];
  return Array.isArray(items) ? (items as readonly Item[]) : [items as Item];
}

/**
 * Declares that the handler reads the body itself, chunk by chunk. The route's `bodyLimit` still holds.
 *
 * @param types accepted media types; default any
 */
export function bodyStream(...types: readonly string[]): BodyStreamDeclaration {
  return { kind: "stream", types: types.length === 0 ? ["*"] : types };
}
