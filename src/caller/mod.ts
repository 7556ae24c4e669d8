export type { CallAnswer, CallInput, InputArgument, ProblemOf, RawBody, Refusal, Success, UrlInput, Wire } from "./call.ts";
export { type Caller, type CallerOptions, type FetchFunction, createCaller } from "./caller.ts";
export { errors } from "./errors.ts";
export type { Fields } from "./fields.ts";
export type { KnownRoutes, RouteSource, RouteTable, RoutesOf } from "./known-routes.ts";
export { type Urls, type UrlsOptions, buildPath, createUrls } from "./urls.ts";
