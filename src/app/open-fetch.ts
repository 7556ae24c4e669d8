import { type Clock, type Duration, SegmentTable, parseDuration, systemClock } from "../core/mod.ts";
import { type FetchOptions, errors as httpErrors, fetchInProcess } from "../http/mod.ts";
import { type LogSink, type RootLogger, createLogger } from "../log/mod.ts";
import { type Registry, createRegistry } from "../telemetry/mod.ts";
import type { AnyApp } from "./contract.ts";
import { createLogOutput } from "./log-output.ts";
import { observeRequests } from "./observe.ts";
import { type OpenApp, openApp } from "./open-app.ts";
import { type SettingsOptions, baseOf, loadSettings, resolveKeys } from "./settings.ts";

export interface OpenFetchOptions extends SettingsOptions {
  /** Where its log goes. Default: where `LOG_FILE` and `LOG_FORMAT` say. */
  readonly sink?: LogSink;
  /** Take the place of services of the same name. */
  readonly services?: Readonly<Record<string, unknown>>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** How long `stop` waits for requests under way. Default: `SHUTDOWN_TIMEOUT`. */
  readonly stopTimeout?: Duration;
}

/** An app that answers in this thread, without a socket. `await using` stops it. */
export interface FetchApp extends AsyncDisposable {
  /**
   * Answers a request by every step that one from the network takes. It is safe to hand on by itself: `serve(app.fetch)`.
   *
   * @param options the client's address, for limits and the log: say it wherever clients are not on this machine
   * @throws E_HTTP_SHUTTING_DOWN once `stop` was called; the reason of the request's signal
   */
  readonly fetch: (request: Request, options?: FetchOptions) => Promise<Response>;
  readonly log: RootLogger;
  readonly metrics: Registry;
  /** Refuses further requests, ends what is held open, waits for the rest, and stops the services. A second call gives the first one's promise. */
  stop(): Promise<void>;
}

/**
 * Starts an app for somebody else's server: its services run, its routes are compiled, requests are logged and counted, nothing listens.
 * Signals, the admin server, other threads and `/livez` are for that server to have; WebSockets need `plinth start`.
 *
 * @param options where settings come from: `{ env: process.env }`
 * @throws E_CONFIG_INVALID, E_CORE_START_FAILED, E_HTTP_ROUTES_INVALID, or what the app's own code throws
 * @example
 * await using app = await openFetch(shop, { env: process.env });
 * const answer = await app.fetch(new Request("http://shop.example/orders/1"), { address: "203.0.113.7" });
 */
export async function openFetch(definition: AnyApp, options: OpenFetchOptions): Promise<FetchApp> {
  const { clock = systemClock, services = {} } = options;
  const loaded = await loadSettings(definition, options);
  const config = baseOf(loaded);
  const { environment } = loaded;
  const appKeys = await resolveKeys(loaded);
  const sink = options.sink ?? createLogOutput(config);
  const log = createLogger({ sink, level: config.logLevel, clock, base: { service: definition.name, env: environment } });
  const metrics = createRegistry();
  const runtime = { thread: "main", role: "all", environment, clock, memory: new SegmentTable(), metrics, appKeys } as const;
  const work = new WorkCount();
  const opened = await openApp({
    definition,
    config: loaded.values,
    log,
    runtime,
    activity: work,
    overrides: services,
  });
  const stopTimeout = parseDuration(options.stopTimeout ?? config.shutdownTimeout);
  return new RunningApp({ opened, log, metrics, clock, work, stopTimeout });
}

/** Requests under way. */
class WorkCount {
  #running = 0;
  #idle: (() => void) | undefined;

  started(): void {
    this.#running++;
  }

  finished(): void {
    if (--this.#running === 0) this.#idle?.();
  }

  entered(): void {}
  left(): void {}

  /** Resolves when nothing is under way, or after so many milliseconds. */
  async end(timeout: number, clock: Clock): Promise<void> {
    if (this.#running === 0 || timeout === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const timer = clock.schedule(timeout, resolve);
    await promise;
    timer.cancel();
  }
}

interface Parts {
  readonly opened: OpenApp;
  readonly log: RootLogger;
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly work: WorkCount;
  /** Milliseconds. */
  readonly stopTimeout: number;
}

class RunningApp implements FetchApp {
  readonly fetch: FetchApp["fetch"];
  readonly log: RootLogger;
  readonly metrics: Registry;
  readonly #parts: Parts;
  readonly #stopObserving: () => void;
  #stopping: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { opened, log, metrics } = parts;
    this.#parts = parts;
    this.log = log;
    this.metrics = metrics;
    // Channels are the process's: of what they tell only this app's own requests count, whatever apps run beside it.
    this.#stopObserving = observeRequests(opened.handler, metrics, log);
    this.fetch = async (request, options) => {
      if (this.#stopping !== undefined) throw httpErrors.SHUTTING_DOWN({});
      return await fetchInProcess(opened.handler, request, options);
    };
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const { opened, work, stopTimeout, clock, log } = this.#parts;
    try {
      opened.handler.live.drain();
      await work.end(stopTimeout, clock);
      await opened.services.stop();
    } finally {
      this.#stopObserving();
      log.flush();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
