import { parseDuration, parseSize } from "../../core/mod.ts";
import { type Cors, type Csp, createCors } from "../../security/mod.ts";
import { acceptedEncodings } from "../body/content-encoding.ts";
import type { LimitRule, Policies, Route, RouteContract, RuleResources, VersionOptions } from "../contract.ts";
import { webSocketOf } from "../live/declare-web-socket.ts";
import { listOf, mergePolicies } from "../route.ts";
import type { LoopLoad } from "../overload/loop-load.ts";
import { bodyLimitOf, deadlineOf } from "./bounds.ts";
import { toHeaderText } from "./answer-headers.ts";
import { compileWebSocket } from "./compile-web-socket.ts";
import type { DeadlineTable } from "./deadline.ts";
import { deprecationOf } from "./deprecation.ts";
import type { Plan, Shed, Step } from "./exchange.ts";
import type { PlanDescription } from "./plan-description.ts";
import { compileReplySchemas } from "./reply-schemas.ts";
import { type NamedStep, type ServerTiming, withTiming } from "./server-timing.ts";
import { compileAnswer } from "./steps/answer.ts";
import { compileDeprecate } from "./steps/deprecate.ts";
import { compileHandshake } from "./steps/handshake.ts";
import { compileHandle } from "./steps/handle.ts";
import { compileIfMatch } from "./steps/if-match.ts";
import { compileIdentify, compilePermit } from "./steps/identify.ts";
import { compileLimits, rateLimitPolicy } from "./steps/limit.ts";
import { compileOrigin } from "./steps/origin.ts";
import { compileRead } from "./steps/read.ts";
import { compilePrepared, compileReplay, replayRuleOf } from "./steps/replay.ts";
import { compileShed } from "./steps/shed.ts";
import { compileUpgrade, prepareUpgrade } from "./steps/upgrade.ts";
import { compileValidate } from "./steps/validate.ts";
import { type VersionTable, versionHeaders } from "./versions.ts";

/** What all plans of one app are compiled with. */
export interface CompileOptions {
  readonly resources: RuleResources;
  /** Policies of the whole app; a group's and a route's own win. */
  readonly defaults: Policies;
  /** Headers of every answer. */
  readonly headers: readonly string[];
  readonly pageCsp: Csp;
  readonly versions: Required<VersionOptions>;
  /** One queue for each length of deadline, shared by the plans. */
  readonly deadlines: DeadlineTable;
  /** How busy this thread is; null where nothing is ever refused for it. */
  readonly loop: LoopLoad | null;
  readonly serverTiming: ServerTiming;
}

/** A plan, and the CORS rules that preflights ask for. */
export interface CompiledRoute {
  readonly plan: Plan;
  readonly cors: Cors | null;
  /** Chooses the plan instead, where callers name a version. */
  readonly versions: VersionTable | null;
}

/** Compiles one route: what can be decided now is decided now. */
export async function compileRoute(route: Route, index: number, options: CompileOptions): Promise<CompiledRoute> {
  const { method, path, handler } = route;
  const contract = mergePolicies(options.defaults, route.contract);
  const limits = listOf(contract.limit);
  const cors = contract.cors === undefined || contract.cors === "none" ? null : createCors(contract.cors);
  const { auth, version = "" } = contract;
  const deprecation = deprecationOf(contract);
  const isPublic = auth === "public";
  const websocket = webSocketOf(contract);
  const socket = websocket === undefined ? null : await compileWebSocket(path, websocket, options);
  const schemas = compileReplySchemas(`${method} ${path}`, contract.reply);
  const sent = compileAnswer(schemas, contract, options.pageCsp);
  const answer = socket === null ? sent : compileUpgrade(socket, sent);
  const handle = compileHandle(socket === null ? handler : prepareUpgrade, listOf(contract.use));
  const rule = socket === null ? replayRuleOf(method, contract) : undefined;
  const steps: readonly (readonly [name: string, step: Step | null])[] = [
    ["handshake", websocket === undefined ? null : compileHandshake(websocket.origins ?? [])],
    ["origin", compileOrigin(method, contract, cors)],
    ["limit", await compileLimits(atStage(limits, "address"), options.resources)],
    ["identify", isPublic ? null : compileIdentify(auth)],
    ["permit", isPublic ? null : compilePermit(auth)],
    ["limit", await compileLimits(atStage(limits, "caller"), options.resources)],
    ["deprecate", deprecation === undefined ? null : compileDeprecate(version, deprecation, options.resources.clock)],
    ["precondition", compileIfMatch(method, contract.ifMatch)],
    ["read", await compileBody(contract, rule?.digest === true)],
    ["validate", compileValidate(contract)],
    rule === undefined
      ? ["handle", handle]
      : ["replay", await compileReplay(rule, { route, contract, schemas, handle, resources: options.resources })],
    ["answer", rule === undefined ? answer : compilePrepared(answer, { pageCsp: options.pageCsp, compress: contract.compress })],
  ];
  const used = steps.filter((named): named is NamedStep => named[1] !== null);
  const policy = rateLimitPolicy(limits);
  const headers = [
    ...options.headers,
    ...(policy === "" ? [] : ["ratelimit-policy", policy]),
    ...(version === "" ? [] : versionHeaders(options.versions.header, version)),
    ...(deprecation?.headers ?? []),
  ];
  const plan: Plan = {
    index,
    method,
    path,
    shed: shedOf(contract, cors, options.loop),
    steps: used.map(([, step]) => step),
    headers,
    headerText: toHeaderText(headers),
    upgrades: socket !== null,
    deadlines: options.deadlines.queueFor(deadlineOf(contract)),
    timed: null,
    description: describe(route, contract),
  };
  return {
    plan: withTiming(plan, used, options.serverTiming, { clock: options.resources.clock, loop: options.loop }),
    cors,
    versions: null,
  };
}

async function compileBody(contract: RouteContract, digested: boolean): Promise<Step | null> {
  const { body, accepts = ["json"], decompress } = contract;
  if (body === undefined) return null;
  const limit = parseSize(bodyLimitOf(contract));
  return compileRead({ body, accepts, limit, encodings: acceptedEncodings(decompress), digested });
}

const DEFAULT_PRIORITY = "normal";

function shedOf(contract: RouteContract, cors: Cors | null, loop: LoopLoad | null): Shed | null {
  if (loop === null) return null;
  const bounded = parseDuration(deadlineOf(contract)) > 0;
  return compileShed({ priority: contract.priority ?? DEFAULT_PRIORITY, loop, bounded, cors });
}

function atStage(limits: readonly LimitRule[], stage: LimitRule["stage"]): readonly LimitRule[] {
  return limits.filter((limit) => limit.stage === stage);
}

function describe(route: Route, contract: RouteContract): PlanDescription {
  const { auth, cors } = contract;
  return {
    method: route.method,
    host: route.host ?? "",
    path: route.path,
    auth: auth === "public" ? "public" : auth.scheme,
    limits: listOf(contract.limit).map((limit) => `${limit.name} (${limit.count}/${limit.windowSeconds}s)`),
    replay: replayRuleOf(route.method, contract)?.name ?? "",
    priority: contract.priority ?? DEFAULT_PRIORITY,
    deadline: deadlineOf(contract),
    bodyLimit: contract.body === undefined ? "" : bodyLimitOf(contract),
    cors: cors === undefined || cors === "none" ? "" : cors.origins === "*" ? "*" : cors.origins.join(" "),
    summary: contract.summary ?? "",
    name: contract.name ?? "",
    version: contract.version ?? "",
    deprecated: deprecationOf(contract)?.text ?? "",
  };
}
