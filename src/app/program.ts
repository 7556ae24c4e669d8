import type { ConfigSource, LiveConfig } from "../config/mod.ts";
import { SegmentTable, type Secret, delay, parseDuration, systemClock } from "../core/mod.ts";
import { type Certificate, HttpServer, createRequestHandler, socketPathOf } from "../http/mod.ts";
import { DebugScopes, type LogSink, type RootLogger, createDoorbell, createLogger, createRingReader } from "../log/mod.ts";
import { createRegistry, createRuntimeMetrics } from "../telemetry/mod.ts";
import { type Readiness, adminRoutes } from "./admin.ts";
import { Broadcast } from "./broadcast.ts";
import { CertificateWatch } from "./certificate-watch.ts";
import { certificateFiles } from "./certificate.ts";
import type { AnyApp, BaseConfig } from "./contract.ts";
import type { Crew } from "./crew.ts";
import { adminHosts, listenOptions } from "./listener-options.ts";
import { errors } from "./errors.ts";
import { followConfig } from "./live-config.ts";
import { loadApp } from "./load-app.ts";
import { createMainThreadCrew } from "./main-thread-crew.ts";
import { obeyLogOrders } from "./log-orders.ts";
import { createLogOutput } from "./log-output.ts";
import { type Operations, createOperations } from "./operator/operations.ts";
import type { ReloadReport } from "./operator/reloader.ts";
import { holdPort, portFault, probePort } from "./port-probe.ts";
import { certificateTopic } from "./public-server.ts";
import type { ServiceOrder } from "./service-actions.ts";
import { type SettingsOptions, baseOf, loadSettings, openSettings, resolveKeys } from "./settings.ts";
import { settleMemory } from "./settle-memory.ts";
import { createLossReport } from "./threads/lost-requests.ts";
import { createThreadCrew } from "./threads/thread-crew.ts";
import type { ThreadPool } from "./threads/thread-pool.ts";
import { createThreadSlots } from "./threads/thread-slots.ts";

export interface ProgramOptions extends SettingsOptions {
  /** `file:` URL of the app's module. */
  readonly appUrl: string;
  /** Where log lines go. Default: standard output. */
  readonly sink?: LogSink;
}

/** A running program. */
export interface Program {
  readonly app: AnyApp;
  /** As it is now: some of it may change while the program runs. */
  readonly config: BaseConfig;
  readonly appKeys: readonly Secret[];
  /** `http://localhost:3000`; undefined where this process serves no requests. */
  readonly publicUrl: string | undefined;
  readonly adminUrl: string;
  readonly log: RootLogger;
  /**
   * Stops as an orchestrator expects: readiness fails, then after `SHUTDOWN_DELAY` no more connections, then what is under way
   * finishes within `SHUTDOWN_TIMEOUT`, then services stop and logs are flushed. A second call gives the first one's promise.
   *
   * @returns whether everything ended in time
   */
  stop(reason: string): Promise<boolean>;
  /**
   * Loads the configuration again: checked first, then replaced whole in every thread or not at all. Opens log files anew. Never rejects
   * for what is wrong with the configuration.
   */
  reload(reason: string): Promise<ReloadReport>;
  /** Why the process cannot mend itself, nor even exit: threads that cannot be ended, by a sentence each. Empty when all is well. */
  hopeless(): readonly string[];
}

/** A program that is still to be started. It can be stopped already. */
export interface NewProgram extends Program {
  /**
   * Starts its threads and the admin server, and resolves when every thread serves.
   *
   * @returns whether it serves; false when it was stopped in the meantime, and has ended
   * @throws E_APP_PORT_IN_USE, E_APP_THREAD_FAILED, or what kept the app from starting
   */
  start(): Promise<boolean>;
}

/**
 * Loads an app and its configuration, and listens nowhere yet.
 *
 * @param pool threads that have already begun
 * @throws E_CONFIG_INVALID, E_APP_MODULE_MISSING, E_APP_MODULE_FAILED, E_APP_MODULE_INVALID
 */
export async function createProgram(options: ProgramOptions, pool: ThreadPool): Promise<NewProgram> {
  try {
    return await superviseApp(options, pool);
  } catch (thrown) {
    pool.close();
    throw thrown;
  }
}

async function superviseApp(options: ProgramOptions, pool: ThreadPool): Promise<NewProgram> {
  const app = await loadApp(options.appUrl);
  const loaded = await loadSettings(app, options);
  const config = baseOf(loaded);
  const appKeys = await resolveKeys(loaded);
  const sink = options.sink ?? createLogOutput(config);
  const scopes = new DebugScopes();
  const log = createLogger({ sink, scopes, level: config.logLevel, base: { service: app.name, env: loaded.environment } });
  const source = openSettings(app, options, loaded);
  return new Supervisor({ app, pool, settings: options, source, appKeys, sink, log, scopes });
}

const ADMIN = "The admin server";

interface SupervisorOptions {
  readonly app: AnyApp;
  readonly pool: ThreadPool;
  readonly settings: SettingsOptions;
  readonly source: ConfigSource<unknown>;
  readonly appKeys: readonly Secret[];
  readonly sink: LogSink;
  readonly log: RootLogger;
  readonly scopes: DebugScopes;
}

class Supervisor implements NewProgram {
  readonly app: AnyApp;
  readonly appKeys: readonly Secret[];
  readonly log: RootLogger;
  publicUrl: string | undefined;
  adminUrl = "";
  readonly #options: SupervisorOptions;
  readonly #metrics = createRegistry();
  readonly #memory = new SegmentTable();
  /** What all threads are to know, those too that start later. */
  readonly #broadcast = new Broadcast();
  readonly #onStop: (() => void)[] = [];
  readonly #operations: Operations;
  readonly #live: LiveConfig<BaseConfig>;
  #certificates: CertificateWatch | undefined;
  #admin: HttpServer | undefined;
  #crew: Crew | undefined;
  #serving = false;
  #stopping: Promise<boolean> | undefined;
  /** Resolves when the start is over, however it ended. */
  readonly #settled = Promise.withResolvers<void>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.app = options.app;
    this.appKeys = options.appKeys;
    this.log = options.log;
    obeyLogOrders(this.#broadcast, options.log, options.scopes);
    const readiness = (): Promise<Readiness> => this.#readiness();
    const act = (order: ServiceOrder): Promise<object> => this.#crew?.act(order) ?? Promise.reject(errors.NOBODY_SERVES({}));
    this.#operations = createOperations({
      ...options,
      broadcast: this.#broadcast,
      clock: systemClock,
      readiness,
      act,
      routes: () => this.#crew?.routes() ?? [],
    });
    this.#onStop.push(() => this.#operations.close());
    this.#live = followConfig(this.#broadcast, options.log);
    this.#operations.follow(this.#live);
  }

  get config(): BaseConfig {
    return this.#live.current;
  }

  async reload(reason: string): Promise<ReloadReport> {
    await this.#settled.promise;
    void this.#certificates?.reload();
    return this.#operations.reload(reason);
  }

  async start(): Promise<boolean> {
    try {
      await this.#start();
    } catch (thrown) {
      // Nobody waits for what a stop gave up.
      if (this.#stopping === undefined) {
        await this.abandon();
        throw thrown;
      }
    } finally {
      this.#options.pool.close();
      this.#settled.resolve();
    }
    if (this.#stopping === undefined) return true;
    await this.#stopping;
    await this.abandon(); // also of what came after the stop
    return false;
  }

  async #start(): Promise<void> {
    const { app, config, log } = this;
    // Held while the other is looked for: they must not be the same.
    const admin = await holdPort({ host: config.adminHost, port: config.adminPort, what: ADMIN });
    const serves = config.role !== "jobs";
    const probing = serves ? probePort({ host: config.host, port: config.port, what: "The public server" }) : Promise.resolve(0);
    const port = await probing.finally(() => admin.release());
    if (serves) await this.#openCertificates();
    if (this.#stopping !== undefined) return;
    const crew = config.httpThreads === 0 ? this.#mainThread(port) : this.#threads(port);
    this.#crew = crew;
    // The admin server is made while threads start, which takes longer.
    const started = crew.start();
    started.catch(() => undefined); // told below
    try {
      await this.#startAdmin(admin.port);
    } catch (thrown) {
      await crew.drain(0);
      throw thrown;
    }
    await started;
    if (this.#stopping !== undefined) return;
    this.#serving = true;
    if (serves) this.publicUrl = urlOf(this.#certificates === undefined ? "http" : "https", config.host, port);
    log.info({ public: this.publicUrl, admin: this.adminUrl, httpThreads: crew.httpThreads, version: app.version }, "ready");
    settleMemory({ clock: systemClock });
  }

  /** Publishes the certificate, if there is one, and whatever comes in its place later. */
  async #openCertificates(): Promise<void> {
    const files = certificateFiles(this.config);
    if (files === undefined) return;
    const use = (certificate: Certificate): void => this.#broadcast.publish(certificateTopic, certificate);
    const watch = new CertificateWatch({ files, log: this.log, clock: systemClock, use });
    await watch.start();
    this.#certificates = watch;
    this.#onStop.push(() => watch.stop());
  }

  async #startAdmin(port: number): Promise<void> {
    const { app, config, log } = this;
    const runtimeMetrics = createRuntimeMetrics(this.#metrics, { process: { version: app.version ?? "0.0.0" } });
    this.#onStop.push(() => runtimeMetrics.stop());
    const probes = adminRoutes({
      program: `${app.name} ${app.version ?? ""}`.trim(),
      readiness: () => this.#readiness(),
      hopeless: () => this.hopeless(),
      segments: () => new Map([["supervisor", this.#metrics.segment], ...(this.#crew?.segments() ?? [])]),
    });
    const routes = [...probes, ...this.#operations.actions];
    const handler = await createRequestHandler({ routes, log, allowedHosts: adminHosts(config), shedding: false });
    const host = config.adminHost;
    this.#admin = new HttpServer({ handler });
    await this.#admin.listen({ host, port }).catch((error: Error) => {
      throw portFault(error, { host, port, what: ADMIN });
    });
    this.adminUrl = urlOf("http", host, port);
  }

  #readiness(): Promise<Readiness> {
    return this.#crew?.readiness() ?? Promise.resolve({ ready: false, state: "starting", failures: {} });
  }

  #mainThread(port: number): Crew {
    const { app, config, appKeys, log } = this;
    const { environment, role } = config;
    const runtime = {
      thread: "main",
      role,
      environment,
      clock: systemClock,
      memory: this.#memory,
      metrics: createRegistry(),
      appKeys,
    };
    const listen = listenOptions(config, port);
    return createMainThreadCrew({ definition: app, live: this.#live, runtime, log, listen, broadcast: this.#broadcast });
  }

  #threads(port: number): Crew {
    const doorbell = createDoorbell();
    const { config, appKeys, log } = this;
    const { pool, sink, app } = this.#options;
    const slots = createThreadSlots({
      app,
      pool,
      config,
      appKeys,
      port,
      doorbell,
      memory: this.#memory,
      log,
      clock: systemClock,
      broadcast: this.#broadcast,
      onLost: createLossReport(this.#metrics, log),
    });
    const reader = createRingReader({ rings: () => slots.flatMap((slot) => slot.logRings), doorbell, sink });
    reader.start();
    this.#onStop.push(() => reader.stop());
    return createThreadCrew({ slots, clock: systemClock });
  }

  hopeless(): readonly string[] {
    return this.#crew?.hopeless() ?? [];
  }

  stop(reason: string): Promise<boolean> {
    return (this.#stopping ??= this.#stop(reason));
  }

  async #stop(reason: string): Promise<boolean> {
    const { config, log } = this;
    const { shutdownDelay, shutdownTimeout } = config;
    const serving = this.#serving;
    log.info({ reason, delay: shutdownDelay, timeout: shutdownTimeout }, serving ? "stopping" : "stopping before it was ready");
    const crew = this.#crew;
    const draining = { ready: false, state: "draining", failures: {} };
    // From here on readiness fails, while everything still serves.
    if (crew !== undefined) this.#crew = { ...crew, readiness: () => Promise.resolve(draining) };
    // What was never ready gets no requests that would have to be led elsewhere first.
    if (serving) await delay(systemClock, parseDuration(shutdownDelay));
    const clean = (await crew?.drain(parseDuration(this.config.shutdownTimeout))) ?? true;
    log[clean ? "info" : "warn"]({ clean }, "stopped");
    await this.abandon();
    return clean;
  }

  /** Lets go of everything, also after a start that failed half-way. */
  async abandon(): Promise<void> {
    await this.#admin?.drain(0);
    for (const end of this.#onStop.splice(0)) end();
    this.log.flush();
  }
}

function urlOf(scheme: "http" | "https", host: string, port: number): string {
  return socketPathOf(host) === undefined ? `${scheme}://${printable(host)}:${port}` : host;
}

/** A host as a person would type it into a browser. */
function printable(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "127.0.0.1") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
