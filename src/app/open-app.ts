import type { LiveConfig } from "../config/mod.ts";
import { type Service, ServiceGroup, isService } from "../core/mod.ts";
import {
  type Activity,
  type Maintenance,
  type PlanDescription,
  type RequestHandler,
  type RequestHandlerOptions,
  type Route,
  createRequestHandler,
} from "../http/mod.ts";
import type { Logger } from "../log/contract.ts";
import { handlerSettings } from "./handler-settings.ts";
import type { AnyApp, Runtime } from "./contract.ts";
import { withDocumentRoutes } from "./document-routes.ts";
import { hideSensitive } from "./hide-sensitive.ts";
import { fixedConfig } from "./live-config.ts";
import { type ServiceOrder, runServiceOrder } from "./service-actions.ts";
import { publicHosts, publicSecurityHeaders } from "./listener-options.ts";

export interface OpenAppOptions {
  readonly definition: AnyApp;
  /** What `services` gets as `config`. */
  readonly config: object;
  /** Where its values change. Default: they never do. */
  readonly live?: LiveConfig<object>;
  readonly log: Logger;
  readonly runtime: Runtime;
  readonly activity?: Activity;
  readonly maintenance?: Maintenance;
  /** Gives the start up: what has started by then is stopped. */
  readonly signal?: AbortSignal;
  /** Take the place of services of the same name, for tests. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** An app in one thread: its services running, its routes compiled. */
export interface OpenApp {
  readonly handler: RequestHandler;
  readonly services: ServiceGroup;
  /** Has one of the services do what an operator wants. @throws E_APP_SERVICE_UNKNOWN, E_APP_ACTION_UNKNOWN, and what it throws */
  act(order: ServiceOrder): Promise<object>;
}

/**
 * Makes and starts an app's services and compiles its routes. When anything fails, what had started is stopped again.
 *
 * @throws what the app's own code throws, E_CORE_START_FAILED, E_CORE_START_ABORTED, E_HTTP_ROUTES_INVALID
 */
export async function openApp(options: OpenAppOptions): Promise<OpenApp> {
  const { definition, config, log, runtime, activity, maintenance, signal } = options;
  const values = { ...(await makeServices(definition, options)), ...options.overrides };
  const background = runtime.role === "http" ? [] : (definition.background?.(values) ?? []);
  const all = [...servicesOf(values), ...background];
  const services = new ServiceGroup(all, {
    clock: runtime.clock,
    onDone: (service, what, milliseconds) => log.debug({ service, durationMs: Math.round(milliseconds) }, `service ${what}`),
  });
  await startServices(services, signal);
  try {
    const routes = runtime.role === "jobs" ? [] : routesOf(definition, values);
    hideSensitive(routes, log);
    const handler = await createRequestHandler({
      routes: withDocumentRoutes(definition, { routes, config, log }),
      log,
      clock: runtime.clock,
      memory: runtime.memory,
      limits: definition.limits?.(values),
      ...handlerPolicies(definition),
      ...publicHosts(options.config),
      ...handlerSettings(options.config),
      securityHeaders: publicSecurityHeaders(options.config, definition.securityHeaders),
      ...(activity === undefined ? {} : { activity }),
      ...(maintenance === undefined ? {} : { maintenance }),
    });
    return { handler, services, act: (order) => runServiceOrder(all, order) };
  } catch (thrown) {
    await services.stop().catch(() => undefined); // the routes' error is the one to report
    throw thrown;
  }
}

/** @throws E_CORE_START_FAILED, E_CORE_START_ABORTED */
async function startServices(services: ServiceGroup, signal: AbortSignal | undefined): Promise<void> {
  // A stop gives up a start that is under way, and whoever started is told.
  const giveUp = (): void => void services.stop().catch(() => undefined);
  const started = services.start();
  if (signal?.aborted === true) giveUp();
  signal?.addEventListener("abort", giveUp);
  try {
    await started;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Stops an app's services. Returns whether all of them stopped; what went wrong is logged. */
export async function stopServices(app: OpenApp, log: Logger): Promise<boolean> {
  try {
    await app.services.stop();
    return true;
  } catch (error) {
    log.error({ error }, "services did not stop cleanly");
    return false;
  }
}

/** What its services say is wrong with them, a sentence each. */
export async function failuresOf(app: OpenApp): Promise<readonly string[]> {
  const failed = (await app.services.check()).filter((result) => result.error !== undefined);
  return failed.map((result) => `${result.service}: ${result.error?.message}`);
}

/** What the app's `services` returns. */
export async function makeServices(
  definition: AnyApp,
  tools: Pick<OpenAppOptions, "config" | "live" | "log" | "runtime">,
): Promise<object> {
  const { config, live = fixedConfig(config), log, runtime } = tools;
  return ((await definition.services?.({ config: config as never, live: live as LiveConfig<never>, log, runtime })) ??
    {}) as object;
}

/** `GET /files/:id`, as people and logs name it. */
export function nameOfRoute({ method, path }: Pick<PlanDescription, "method" | "path">): string {
  return `${method} ${path}`;
}

export function routesOf(definition: AnyApp, services: object): readonly Route[] {
  return (definition.routes ?? []).flatMap((create) => create(services));
}

/** The app-wide policies that a definition sets. */
export function handlerPolicies(
  definition: AnyApp,
): Pick<RequestHandlerOptions, "defaults" | "versions" | "securityHeaders" | "pageCsp" | "liveLimit"> {
  const { defaults, versions, securityHeaders, pageCsp, liveLimit } = definition;
  return {
    ...(defaults === undefined ? {} : { defaults }),
    ...(versions === undefined ? {} : { versions }),
    ...(securityHeaders === undefined ? {} : { securityHeaders }),
    ...(pageCsp === undefined ? {} : { pageCsp }),
    ...(liveLimit === undefined ? {} : { liveLimit }),
  };
}

function servicesOf(values: object): Service[] {
  return Object.values(values).filter(isService);
}
