import { type Service, ServiceGroup, isService } from "../core/mod.ts";
import { type Activity, type RequestHandler, createRequestHandler } from "../http/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { AnyApp, Runtime } from "./contract.ts";

export interface OpenAppOptions {
  readonly definition: AnyApp;
  /** What `services` gets as `config`. */
  readonly config: object;
  readonly log: Logger;
  readonly runtime: Runtime;
  readonly activity?: Activity;
  /** Take the place of services of the same name, for tests. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** An app in one thread: its services running, its routes compiled. */
export interface OpenApp {
  readonly handler: RequestHandler;
  readonly services: ServiceGroup;
}

/**
 * Makes and starts an app's services and compiles its routes. When anything fails, what had started is stopped again.
 *
 * @throws what the app's own code throws, E_CORE_START_FAILED, E_HTTP_ROUTES_INVALID
 */
export async function openApp(options: OpenAppOptions): Promise<OpenApp> {
  const { definition, config, log, runtime, activity } = options;
  const made = (await definition.services?.({ config: config as never, log, runtime })) ?? {};
  const values: object = { ...made, ...options.overrides };
  const background = runtime.role === "http" ? [] : (definition.background?.(values) ?? []);
  const services = new ServiceGroup([...servicesOf(values), ...background], { clock: runtime.clock });
  await services.start();
  try {
    const handler = await createRequestHandler({
      routes: runtime.role === "jobs" ? [] : (definition.routes ?? []).flatMap((create) => create(values)),
      log,
      clock: runtime.clock,
      memory: runtime.memory,
      ...(definition.defaults === undefined ? {} : { defaults: definition.defaults }),
      ...(definition.securityHeaders === undefined ? {} : { securityHeaders: definition.securityHeaders }),
      ...(definition.pageCsp === undefined ? {} : { pageCsp: definition.pageCsp }),
      ...(activity === undefined ? {} : { activity }),
    });
    return { handler, services };
  } catch (thrown) {
    await services.stop().catch(() => undefined); // the routes' error is the one to report
    throw thrown;
  }
}

function servicesOf(values: object): Service[] {
  return Object.values(values).filter(isService);
}
