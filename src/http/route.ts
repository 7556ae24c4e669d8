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
} from "./contract.ts";
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
  >(
    path: Path,
    contract: Contract<Path, Params, Query, Headers, Body, Replies, Principal>,
    handler: (
      c: Exchange<ParamsOf<Path, Params>, Output<Query>, Output<Headers>, BodyOf<Body>, Principal>,
    ) => HandlerResult<Replies> | Promise<HandlerResult<Replies>>,
    // NoInfer: a list of routes that this one is put into must not decide what it declares.
  ): Route<
    Verb,
    Path,
    Contract<Path, NoInfer<Params>, NoInfer<Query>, NoInfer<Headers>, NoInfer<Body>, NoInfer<Replies>, NoInfer<Principal>> &
      RouteContract
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
} = { get: builder("GET"), post: builder("POST"), put: builder("PUT"), patch: builder("PATCH"), delete: builder("DELETE") };

/** Declares several routes as one typed tuple. */
export function routes<const Declared extends readonly Route[]>(...declared: Declared): Declared {
  return declared;
}

/** What a group shares: a path prefix and policies. A route's own policy wins; middleware of both apply, the group's outside. */
export interface GroupOptions extends Policies {
  /** Starts with a slash, ends without one; parameters are allowed. */
  readonly prefix?: string;
  /**
   * The routes answer only for this host: `api.example.com`, or `*.example.com` for every name under it. Without port, in any case. A
   * route of the closest host wins; routes without one answer for the rest. Default: every host.
   */
  readonly host?: string;
}

/**
 * Routes under a common prefix and policies.
 *
 * @example
 * group({ prefix: "/v1", limit: rate("1000/1m", { by: "address" }) }, [listOrders, getOrder]);
 */
export function group(options: GroupOptions, grouped: readonly Route[]): readonly Route[] {
  const { prefix = "", host, ...policies } = options;
  return grouped.map((member) => ({
    ...(host === undefined ? {} : { host }), // a group inside, or the route itself, has the last word
    ...member,
    path: prefix + (member.path === "/" && prefix !== "" ? "" : member.path),
    contract: { ...mergePolicies(policies, member.contract), auth: member.contract.auth },
  }));
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
