import type { Method, Route, RouteContract } from "../http/contract.ts";

// What is known of routes by their types. Everything is looked up in one table, built once for a set of routes, instead of being searched
// for in a union of all of them at every call.

/** A function that makes routes from services: one of an app's `routes`. */
type Maker<Made extends Route = Route> = (services: never) => readonly Made[];

/** What routes may be named by: a route, a list of them, a function that makes them from services, or an app. */
export type RouteSource = Route | readonly Route[] | Maker | { readonly routes?: readonly Maker[] };

/** All routes of a {@link RouteSource}, as one union. Anything else has none that are known. */
export type RoutesOf<Source> = 0 extends 1 & Source
  ? Route
  : Source extends Route
    ? Source
    : Source extends readonly (infer Member extends Route)[]
      ? Member
      : Source extends Maker
        ? ReturnType<Source>[number]
        : Source extends { readonly routes?: infer Makers }
          ? MadeBy<NonNullable<Makers>>
          : never;
type MadeBy<Makers> = Makers extends readonly (infer Each)[] ? (Each extends Maker ? ReturnType<Each>[number] : never) : never;

/** A route whose path is any text, such as a mounted handler's, would hide what is known of all others. */
type WithPath<Routes> = Routes extends { readonly path: infer Path } ? (string extends Path ? never : Routes) : never;

/** Without a version, and of the version that is asked for. */
type OfVersion<Routes, Version> =
  Routes extends Route<Method, string, RouteContract, infer Own>
    ? [Own] extends [undefined]
      ? Routes
      : Own extends Version | undefined
        ? Routes
        : never
    : never;

/** Contracts by method and path. Where nothing is known of the routes, any path has any contract. */
export type KnownRoutes<Source, Version extends string = never> = [WithPath<RoutesOf<Source>>] extends [never]
  ? RouteTable
  : TableOf<OfVersion<WithPath<RoutesOf<Source>>, Version>>;

type TableOf<Routes> = {
  readonly [Verb in Method]: {
    readonly [Each in Extract<Routes, { readonly method: Verb }> as PathOf<Each>]: ContractOf<Each>;
  };
};
type PathOf<Each> = Each extends { readonly path: infer Path extends string } ? Path : never;
type ContractOf<Each> = Each extends { readonly contract: infer Declared extends RouteContract } ? Declared : never;

/** Any {@link KnownRoutes}. */
export type RouteTable = { readonly [Verb in Method]: { readonly [path: string]: RouteContract } };

/** Routes by template and by name. */
export type KnownTargets<Routes extends Route> = [WithPath<Routes>] extends [never]
  ? TargetTable
  : { readonly [Each in Routes as TargetOf<Each>]: Each };
type TargetOf<Each extends Route> = string extends Each["path"] ? never : Each["path"] | Literal<Each["contract"]["name"]>;
type Literal<Name> = Name extends string ? (string extends Name ? never : Name) : never;

/** Any {@link KnownTargets}. */
export type TargetTable = { readonly [target: string]: Route };
