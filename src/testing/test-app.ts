import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyApp, type FetchApp, type OpenFetchOptions, openFetch } from "../app/mod.ts";
import type { Environment } from "../config/mod.ts";
import { type Caller, type KnownRoutes, type RouteTable, createCaller } from "../caller/mod.ts";
import { renderMetrics } from "../telemetry/mod.ts";
import { type FakeClock, createFakeClock } from "./fake-clock.ts";
import { LogCapture, type TestLog } from "./test-log.ts";

export interface TestAppOptions {
  /** Take the place of services of the same name. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /**
   * Settings: values by key as a configuration file would have them, or `key=value` texts as `--set` takes them. The environment of
   * the machine and its files are not read. Default: the defaults of the schema.
   */
  readonly config?: Readonly<Record<string, unknown>> | readonly string[];
  /** Default: one that stands still at 2026-01-01. Limits, deadlines and whatever takes `runtime.clock` go by it. */
  readonly clock?: FakeClock;
  /** Default `"test"`, where root secrets need not be configured. */
  readonly environment?: Environment;
}

/** An app that runs in this process, without a socket. `await using` stops it. */
export interface TestApp<Known extends RouteTable = RouteTable> extends AsyncDisposable {
  /** What the app has logged. Request lines have the message `request`. */
  readonly log: TestLog;
  readonly clock: FakeClock;
  /**
   * Sends a request through every step that one from the network takes.
   *
   * @param input a request, a URL, or a path
   */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** Calls routes as a typed caller does from outside: by method and template, answered with data or with a problem. */
  readonly api: Caller<Known>;
  /** The app's metrics in Prometheus' text format. */
  metrics(): string;
  /** Stops the services. A second call gives the first one's promise. */
  stop(): Promise<void>;
}

/**
 * Starts an app in this process: its services run, its routes are compiled, nothing listens.
 *
 * @throws E_CONFIG_INVALID, E_CORE_START_FAILED, E_HTTP_ROUTES_INVALID, or what the app's own code throws
 * @typeParam Source what `api` is typed by, where the app does not tell: `createTestApp<typeof orders>(app)`. Default: the app
 * @example
 * await using app = await createTestApp(shop, { overrides: { mailer: fakeMailer } });
 * const answer = await app.api.post("/orders", { body: { sku: "a-1", quantity: 2 } });
 * assert.equal(answer.status, 201);
 */
export async function createTestApp<Source = never, App extends AnyApp = AnyApp>(
  definition: App,
  options: TestAppOptions = {},
): Promise<TestApp<KnownRoutes<[Source] extends [never] ? App : Source>>> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-test-app-"));
  try {
    return await openInFolder(definition, options, folder);
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}

async function openInFolder(definition: AnyApp, options: TestAppOptions, folder: string): Promise<RunningApp> {
  const { clock = createFakeClock(), environment = "test", overrides = {} } = options;
  const settings = await writeSettings(options.config ?? {}, environment, folder);
  const capture = new LogCapture();
  const sink = { write: (line: string) => capture.accept(line), flushSync: () => undefined, dropped: 0 };
  // Time is the test's: a stop does not wait for it.
  const app = await openFetch(definition, { ...settings, sink, clock, services: overrides, stopTimeout: "0s" });
  return new RunningApp({ app, folder, clock, capture });
}

/** Settings as a file and flags in a folder where there is nothing else. */
async function writeSettings(
  config: NonNullable<TestAppOptions["config"]>,
  environment: Environment,
  folder: string,
): Promise<Pick<OpenFetchOptions, "env" | "folder" | "overrides">> {
  const flags = isFlags(config) ? config : [];
  const values = { dataFolder: folder, ...(isFlags(config) ? {} : config) };
  await mkdir(join(folder, "config"));
  await writeFile(join(folder, "config", `${environment}.json`), JSON.stringify(values));
  return { env: { APP_ENV: environment }, folder, overrides: flags };
}

function isFlags(config: NonNullable<TestAppOptions["config"]>): config is readonly string[] {
  return Array.isArray(config);
}

interface Parts {
  readonly app: FetchApp;
  readonly folder: string;
  readonly clock: FakeClock;
  readonly capture: LogCapture;
}

/** Where requests in process go. */
const ORIGIN = "http://localhost";

class RunningApp implements TestApp {
  readonly log: TestLog;
  readonly clock: FakeClock;
  readonly api: Caller;
  readonly #parts: Parts;
  #stopping: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.log = parts.capture;
    this.clock = parts.clock;
    // Time is the test's: a call waits as long as the test does.
    this.api = createCaller({ baseUrl: ORIGIN, fetch: (request) => this.fetch(request), timeout: "0s" });
  }

  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response> {
    const request = new Request(typeof input === "string" ? new URL(input, ORIGIN) : input, init);
    return this.#parts.app.fetch(request);
  }

  metrics(): string {
    return renderMetrics(new Map([["main", this.#parts.app.metrics.segment]]), { format: "prometheus" });
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    try {
      await this.#parts.app.stop();
    } finally {
      await rm(this.#parts.folder, { recursive: true, force: true });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
