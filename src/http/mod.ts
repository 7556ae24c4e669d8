export type { AllowedHostsOptions } from "./allowed-hosts.ts";
export {
  type DeprecatedRequest,
  type Outcome,
  type RequestFinished,
  type RequestStarted,
  deprecatedRequest,
  requestFinished,
  requestStarted,
} from "./channels.ts";
export type {
  AuthRule,
  BodyStream,
  BodyType,
  Contract,
  DeclaredError,
  DeprecationOptions,
  Exchange,
  Handler,
  LimitCheck,
  LimitDecision,
  LimitRule,
  Method,
  Middleware,
  Policies,
  RequestView,
  Route,
  RuleResources,
  Schema,
  VersionOptions,
} from "./contract.ts";
export type { ContentEncoding } from "./body/content-encoding.ts";
export { errors } from "./errors.ts";
export { type FetchOptions, fetchInProcess } from "./fetch.ts";
export { type RequestHandler, type RequestHandlerOptions, createRequestHandler } from "./handler.ts";
export { type EventSender, createEvents } from "./live/create-events.ts";
export type { BacklogOptions } from "./live/backlog.ts";
export type { EventSource, EventsSettings } from "./live/events-declaration.ts";
export type { EncodedEvent, ServerEvent } from "./live/server-event.ts";
export { type FetchHandler, type MountOptions, mount } from "./mount.ts";
export type { CorsOptions, CspDirectives, SecurityHeadersOptions } from "../security/mod.ts";
export type { ProxyOptions } from "./node/proxies.ts";
export { HttpServer, type HttpServerOptions, type ListenOptions } from "./node/server.ts";
export type { Activity } from "./pipeline/exchange.ts";
export type { PlanDescription } from "./pipeline/plan-description.ts";
export { type Problem } from "./problem.ts";
export {
  type EventsOptions,
  type RedirectOptions,
  Reply,
  type ReplyOptions,
  type StreamOptions,
  type StreamSource,
  reply,
} from "./reply.ts";
export { type GroupOptions, type Grouped, type HandlerResult, bodyStream, group, route, routes } from "./route.ts";
