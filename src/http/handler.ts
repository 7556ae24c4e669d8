import { type Clock, SegmentTable, type SharedMemory, systemClock } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import { type CspDirectives, type SecurityHeadersOptions, createCsp, securityHeaders } from "../security/mod.ts";
import { type AllowedHostsOptions, createAllowedHosts } from "./allowed-hosts.ts";
import { requestStarted } from "./channels.ts";
import type { Policies, Route, VersionOptions } from "./contract.ts";
import { errors } from "./errors.ts";
import { ConnectionSlots } from "./live/connection-slots.ts";
import { LiveSet } from "./live/live-set.ts";
import { type SheddingOptions, createLoopLoad } from "./overload/shedding.ts";
import type { Maintenance } from "./maintenance/maintenance.ts";
import { composeHeaders, toHeaderText } from "./pipeline/answer-headers.ts";
import { type CompileOptions, type CompiledRoute, compileRoute } from "./pipeline/compile.ts";
import { DeadlineTable } from "./pipeline/deadline.ts";
import { type Activity, type ExchangeServices, LiveExchange, type Plan, type Step, type Transport } from "./pipeline/exchange.ts";
import type { IncomingRequest } from "./pipeline/incoming.ts";
import { joinVersions } from "./pipeline/join-versions.ts";
import type { PlanDescription } from "./pipeline/plan-description.ts";
import { type ServerTiming, createTimingChoice } from "./pipeline/server-timing.ts";
import { answerMaintenance } from "./pipeline/steps/maintain.ts";
import { runExchange } from "./pipeline/run.ts";
import { DEFAULT_VERSION_HEADER } from "./pipeline/versions.ts";
import { checkRoutes } from "./router/check-routes.ts";
import { createRouteTable } from "./router/route-table.ts";
import { MALFORMED, NO_PARAMS, type RouteTable } from "./router/router.ts";

export interface RequestHandlerOptions {
  readonly routes: readonly Route[];
  readonly log: Logger;
  readonly clock?: Clock;
  /** Where rate limits keep what must be exact across threads. Default: memory of this thread alone. */
  readonly memory?: SharedMemory;
  /** Where rate limits count, such as the `createLimits` of the `ratelimit` room. Default: in `memory`. */
  readonly limits?: unknown;
  /** Policies of every route that does not say otherwise. */
  readonly defaults?: Policies;
  /** How callers choose among versions of a route; required as soon as a route has a `version`. */
  readonly versions?: VersionOptions;
  readonly securityHeaders?: SecurityHeadersOptions;
  /** The Content-Security-Policy of pages that ask for a nonce. */
  readonly pageCsp?: CspDirectives;
  /**
   * How many event streams and WebSockets may be open at once, in all threads that share `memory`. Beyond it, 503. At least 1, the
   * same in every thread. Default 10000.
   */
  readonly liveLimit?: number;
  /** Requests for other hosts are answered 421. Default: every host. */
  readonly allowedHosts?: AllowedHostsOptions;
  /**
   * Refuses requests (503 with `Retry-After`) while the event loop does not keep up, or a route is much slower than usual and its
   * requests pile up; by the routes' `priority`. `false` never does. Default: on.
   */
  readonly shedding?: SheddingOptions | false;
  /** A switch that answers requests with 503 while it is on. Default: none. */
  readonly maintenance?: Maintenance;
  /** Who is told how long a request's steps took. Default `"off"`. */
  readonly serverTiming?: ServerTiming;
  /** Told what the thread is doing. */
  readonly activity?: Activity;
}

/** A compiled app, whatever carries its requests. */
export interface RequestHandler {
  /** Tells what this handler announces from what others in the same thread do. */
  readonly id: symbol;
  readonly routes: readonly PlanDescription[];
  /** What it holds open. A server that drains ends it. */
  readonly live: LiveSet;
  /** Whether some route is a WebSocket. */
  readonly hasWebSockets: boolean;
  /** Whether a request asks for a WebSocket where there is one. Never throws. */
  takesUpgrade(request: IncomingRequest): boolean;
  /** Takes a request and sees to its answer. Never throws. The exchange returned is for the transport: to say that the client left. */
  handle(request: IncomingRequest, transport: Transport): LiveExchange;
  /** The time to stop is over: the requests whose connections end from now on were cut off, not left by their clients. */
  cutOff(): void;
}

const QUIET: Activity = { started() {}, finished() {}, entered() {}, left() {} };
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const DEFAULT_LIVE_LIMIT = 10_000;
const NO_STORE = ["cache-control", "no-store"];

/**
 * Compiles routes into a request handler.
 *
 * @throws E_HTTP_ROUTES_INVALID with every fault of every route; E_HTTP_LIVE_LIMIT_INVALID
 */
export async function createRequestHandler(options: RequestHandlerOptions): Promise<RequestHandler> {
  const { clock = systemClock, memory = new SegmentTable(), activity = QUIET, log, maintenance } = options;
  checkRoutes(options.routes, options.versions);
  const id = Symbol("request handler");
  const compileOptions = compileOptionsOf(id, options, { clock, memory });
  const compiled: (readonly [Route, CompiledRoute])[] = [];
  for (const [index, route] of options.routes.entries()) compiled.push([route, await compileRoute(route, index, compileOptions)]);
  const chooseTiming = createTimingChoice(compileOptions.serverTiming);
  const table = createRouteTable(joinVersions(compiled, compileOptions));
  const unmatched = createUnroutedPlan(compiled.length, compileOptions.headers, unmatchedStep(table));
  const isAllowed = options.allowedHosts === undefined ? null : createAllowedHosts(options.allowedHosts);
  const misdirected = createUnroutedPlan(compiled.length, compileOptions.headers, refuseHost);
  const hasWebSockets = compiled.some(([, { plan }]) => plan.upgrades);
  const live = new LiveSet(await ConnectionSlots.open(memory, options.liveLimit ?? DEFAULT_LIVE_LIMIT), clock);
  const services: ExchangeServices = { clock, log, activity, live, handler: id, cutting: false };

  return {
    id,
    live,
    hasWebSockets,
    takesUpgrade({ method, path, host, headers }) {
      if (!hasWebSockets || method !== "GET" || headers["upgrade"]?.toLowerCase() !== "websocket") return false;
      const found = table.find("GET", path, host);
      return typeof found === "object" && found.target.plan.upgrades;
    },
    routes: compiled.map(([, { plan }]) => plan.description),
    cutOff: () => void (services.cutting = true),
    handle(request, transport) {
      const { method, host } = request;
      const allowed = isAllowed === null || isAllowed(host);
      const found = allowed ? table.find(method === "HEAD" ? "GET" : method, request.path, host) : undefined;
      const matched = typeof found === "object";
      const chosen = matched ? planOf(found.target, request) : allowed ? unmatched : misdirected;
      const plan = chooseTiming === null ? chosen : chooseTiming(chosen, request);
      request.route = plan.path;
      if (requestStarted.hasSubscribers) requestStarted.publish({ handler: id, method, route: plan.path });
      const exchange = new LiveExchange({
        request,
        plan,
        params: matched ? found.params : NO_PARAMS,
        transport,
        services,
      });
      const order = maintenance?.order ?? null;
      if (order !== null && maintenance?.admits(plan, request) === false) answerMaintenance(exchange, order);
      else if (plan.shed === null || !plan.shed(exchange)) runExchange(exchange);
      return exchange;
    },
  };
}

function compileOptionsOf(
  id: symbol,
  options: RequestHandlerOptions,
  { clock, memory }: Pick<CompileOptions["resources"], "clock" | "memory">,
): CompileOptions {
  return {
    resources: { memory, clock, limits: options.limits },
    defaults: options.defaults ?? {},
    headers: Object.freeze([...securityHeaders(options.securityHeaders), ...NO_STORE]),
    pageCsp: createCsp(options.pageCsp),
    deadlines: new DeadlineTable(clock),
    versions: { header: DEFAULT_VERSION_HEADER, default: "", ...options.versions },
    loop: createLoopLoad(id, clock, options.shedding),
    serverTiming: options.serverTiming ?? "off",
  };
}

function planOf({ plan, versions }: CompiledRoute, request: IncomingRequest): Plan {
  return versions === null ? plan : versions.planFor(request);
}

/** A plan that stands behind no route. */
function createUnroutedPlan(index: number, headers: readonly string[], step: Step): Plan {
  const description: PlanDescription = {
    method: "",
    host: "",
    path: "",
    auth: "public",
    limits: [],
    replay: "",
    priority: "",
    deadline: "",
    bodyLimit: "",
    cors: "",
    summary: "",
    name: "",
    version: "",
    deprecated: "",
  };
  const headerText = toHeaderText(headers);
  return {
    index,
    method: "",
    path: "",
    shed: null,
    steps: [step],
    headers,
    headerText,
    deadlines: null,
    timed: null,
    upgrades: false,
    description,
  };
}

/** Answers every request that no route answers: 400, 404, 405, and OPTIONS with its preflights. */
function unmatchedStep(table: RouteTable<CompiledRoute>): Step {
  return (exchange) => {
    const { method, path, host } = exchange.request;
    if (path.includes("%") && METHODS.some((verb) => table.find(verb, path, host) === MALFORMED)) throw errors.PATH_MALFORMED({});
    const declared = method === "OPTIONS" && exchange.request.url === "*" ? METHODS : table.methodsOf(path, METHODS, host);
    if (declared.length === 0) throw errors.ROUTE_NOT_FOUND({ path });
    const allow = [...declared, ...(declared.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
    if (method !== "OPTIONS") throw errors.METHOD_NOT_ALLOWED({ method, allow }, { headers: { allow } });
    answerOptions(exchange, table, allow);
  };
}

function refuseHost(exchange: LiveExchange): void {
  throw errors.HOST_MISDIRECTED({ host: exchange.request.host });
}

function answerOptions(exchange: LiveExchange, table: RouteTable<CompiledRoute>, allow: string): void {
  const { headers, path, host } = exchange.request;
  const requestMethod = headers["access-control-request-method"];
  const origin = headers["origin"];
  let status = 204;
  if (requestMethod !== undefined && origin !== undefined) {
    const found = table.find(requestMethod === "HEAD" ? "GET" : requestMethod, path, host);
    const cors = typeof found === "object" ? found.target.cors : null;
    const decision = cors?.decide({
      origin,
      requestMethod,
      requestHeaders: headers["access-control-request-headers"],
      allowedMethods: allow.split(", "),
    });
    exchange.extraHeaders.push(...(decision?.headers ?? ["vary", "origin"]));
    if (decision === undefined || decision.refusal !== undefined) status = 403;
  }
  const own = status === 204 ? [] : ["content-length", "0"];
  exchange.settled = true;
  exchange.transport.send(exchange, { status, headers: composeHeaders(exchange, own, ["allow", allow]), body: null, length: 0 });
}
