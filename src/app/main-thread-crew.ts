import type { LiveConfig } from "../config/mod.ts";
import { type Clock, delay } from "../core/mod.ts";
import type { HttpServer, ListenOptions } from "../http/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { Registry } from "../telemetry/mod.ts";
import type { Readiness } from "./admin.ts";
import type { Broadcast } from "./broadcast.ts";
import type { AnyApp, BaseConfig, Runtime } from "./contract.ts";
import type { Crew } from "./crew.ts";
import { errors } from "./errors.ts";
import { drainServer } from "./drain-server.ts";
import { obeyMaintenanceOrders } from "./maintenance-orders.ts";
import { observeRequests, observeStores } from "./observe.ts";
import { type OpenApp, failuresOf, nameOfRoute, openApp, stopServices } from "./open-app.ts";
import { createPublicServer } from "./public-server.ts";

export interface MainThreadCrewOptions {
  readonly definition: AnyApp;
  readonly live: LiveConfig<BaseConfig>;
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly listen: ListenOptions;
  readonly broadcast: Broadcast;
}

/** How long a start that is given up may take to end. */
const STARTING_MS = 15_000;

/** Serves on the main thread: for one core, for debuggers, for the smallest machines. Nothing watches its event loop. */
export function createMainThreadCrew(options: MainThreadCrewOptions): Crew {
  const { definition, live, runtime, log, broadcast } = options;
  const registry: Registry = runtime.metrics;
  const clock: Clock = runtime.clock;
  let app: OpenApp | undefined;
  let server: HttpServer | undefined;
  let state = "starting";
  const observing: (() => void)[] = [];
  const stopObserving = (): void => {
    for (const end of observing.splice(0)) end();
  };
  let starting: Promise<void> | undefined;
  const stopping = new AbortController();
  const open = async (): Promise<void> => {
    // Before there are services: what they announce while they start is said once.
    observing.push(observeStores(registry));
    app = await openApp({
      definition,
      config: live.current,
      live,
      log,
      runtime,
      maintenance: obeyMaintenanceOrders(broadcast),
      signal: stopping.signal,
    }).catch((thrown: unknown) => {
      stopObserving();
      throw thrown;
    });
    observing.push(observeRequests(app.handler, registry, log));
    if (stopping.signal.aborted) return;
    if (runtime.role !== "jobs") {
      server = createPublicServer({ handler: app.handler, clock, broadcast, config: live.current });
      await server.listen(options.listen);
    }
    if (state === "starting") state = "ready";
  };
  return {
    start: () => (starting = open()),
    async readiness() {
      return readinessIn(state, app === undefined ? [] : await failuresOf(app));
    },
    act(order) {
      if (app === undefined) return Promise.reject(errors.NOBODY_SERVES({}));
      return app.act(order);
    },
    httpThreads: 0,
    hopeless: () => [],
    routes: () => (app?.handler.routes ?? []).map(nameOfRoute),
    segments: () => new Map([["main", registry.segment]]),
    async drain(timeout) {
      state = "draining";
      stopping.abort();
      // Whoever started it is told what became of the start.
      await Promise.race([starting?.catch(() => undefined), delay(clock, STARTING_MS)]);
      const cut = server === undefined ? 0 : await drainServer({ server, timeout });
      const stopped = app === undefined || (await stopServices(app, log));
      stopObserving();
      return cut === 0 && stopped;
    },
  };
}

function readinessIn(state: string, failures: readonly string[]): Readiness {
  if (failures.length === 0) return { ready: state === "ready", state, failures: {} };
  return { ready: false, state: state === "ready" ? "failing" : state, failures: { main: failures } };
}
