export type { AllowedHostsOptions } from "./allowed-hosts.ts";
export {
  type DeprecatedRequest,
  type Outcome,
  type OverloadChanged,
  type RequestFinished,
  type RequestShed,
  type RequestStarted,
  type WebSocketClosed,
  type WebSocketOpened,
  type WebSocketTraffic,
  deprecatedRequest,
  overloadChanged,
  requestFinished,
  requestShed,
  requestStarted,
  webSocketClosed,
  webSocketMessage,
  webSocketOpened,
} from "./channels.ts";
export { type CacheOptions } from "./cache-control.ts";
export { checkPreconditions } from "./conditions/preconditions.ts";
export { type Validators } from "./conditions/validators.ts";
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
  LimitDecisions,
  LimitEngine,
  LimitRule,
  LimitedCall,
  Method,
  Middleware,
  Policies,
  ReplayCall,
  ReplayRule,
  Replayer,
  RequestView,
  Route,
  RuleResources,
  Schema,
  StreamSource,
  VersionOptions,
} from "./contract.ts";
export type { ContentEncoding } from "./body/content-encoding.ts";
export type { AnswerNote, CredentialsNote, DocumentedError, Documentation } from "./documentation.ts";
export { type FilePart, type FileSource } from "./files/file-source.ts";
export { type OpenFileOptions, openFile } from "./files/open-file.ts";
export { type ProblemCode, errors } from "./errors.ts";
export { type FolderOptions, serveFolder } from "./files/serve-folder.ts";
export { type FetchOptions, fetchInProcess } from "./fetch.ts";
export { type RequestHandler, type RequestHandlerOptions, createRequestHandler } from "./handler.ts";
export { type Broadcast, type BroadcastOptions, createBroadcast } from "./live/broadcast.ts";
export { type EventSender, createEvents } from "./live/create-events.ts";
export type { BacklogOptions } from "./live/backlog.ts";
export type { EventSource, EventsSettings } from "./live/events-declaration.ts";
export type { LiveSocket, RawMessage, SocketExchange, WebSocketContract, WebSocketPolicies } from "./live/web-socket-contract.ts";
export type { EncodedEvent, ServerEvent } from "./live/server-event.ts";
export { Maintenance, type MaintenanceOrder } from "./maintenance/maintenance.ts";
export { type FetchHandler, type MountOptions, mount } from "./mount.ts";
export type { CorsOptions, CspDirectives, SecurityHeadersOptions } from "../security/mod.ts";
export type { ProxyOptions } from "./node/proxies.ts";
export type {
  FileRule,
  FormField,
  FormFile,
  FormPart,
  MultipartBody,
  MultipartDeclaration,
  MultipartLimits,
  MultipartStreamDeclaration,
  PartStream,
  UploadedFile,
} from "./multipart/declaration.ts";
export { type MultipartOptions, multipart, multipartStream } from "./multipart/multipart.ts";
export { readMultipart } from "./multipart/read-multipart.ts";
export type { Priority } from "./overload/priority.ts";
export type { SheddingOptions } from "./overload/shedding.ts";
export { type ListenOptions, removeStaleSocket, socketPathOf } from "./node/listen.ts";
export type { Certificate } from "./node/secure-listener.ts";
export { HttpServer, type HttpServerOptions } from "./node/server.ts";
export {
  type ApiChange,
  type CreatedDocument,
  type DocumentOptions,
  type OpenApiDocument,
  compareApi,
  describeApi,
} from "./openapi/describe-api.ts";
export { type DocumentRoutesOptions, documentRoutes } from "./openapi/document-routes.ts";
export type { Activity } from "./pipeline/exchange.ts";
export type { ServerTiming } from "./pipeline/server-timing.ts";
export type { PlanDescription } from "./pipeline/plan-description.ts";
export { type Problem } from "./problem.ts";
export { isLocalTarget } from "./redirect-target.ts";
export type { KeptAnswer, ReplayNote, ReplayPayload, ReplayRoute, WholeAnswer, WholeProblem } from "./replay/replay-rule.ts";
export { type PackedAnswer, packAnswer, unpackAnswer } from "./replay/packed-answer.ts";
export {
  type EventsOptions,
  type FileOptions,
  type RedirectOptions,
  Reply,
  type ReplyOptions,
  type StreamOptions,
  reply,
} from "./reply.ts";
export { type GroupOptions, type Grouped, type HandlerResult, bodyStream, group, route, routes } from "./route.ts";
