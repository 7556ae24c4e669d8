import { type Clock, systemClock } from "./clock.ts";
import { runWithDeadline } from "./deadline.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { toError } from "./error.ts";
import { errors } from "./errors.ts";

/** Anything with a lifetime: a database, a cache, a queue, a client. Every method but `name` is optional. */
export interface Service {
  readonly name: string;
  /** Names of services that must be up before this one starts, and stay up until it has stopped. */
  readonly dependsOn?: readonly string[];
  /** Default `"30s"`. */
  readonly startTimeout?: Duration;
  /** Default `"10s"`. */
  readonly stopTimeout?: Duration;
  start?(signal: AbortSignal): void | Promise<void>;
  /** Throws or rejects when the service cannot do its work now. Asked by readiness checks: answer fast. */
  check?(signal: AbortSignal): void | Promise<void>;
  stop?(signal: AbortSignal): void | Promise<void>;
}

export interface ServiceGroupOptions {
  readonly clock?: Clock;
  /** Called when one has started, and when one has stopped, with the milliseconds that it took. Must not throw. */
  readonly onDone?: (service: string, what: "started" | "stopped", milliseconds: number) => void;
}

/** The outcome of one service's check. */
export interface CheckResult {
  readonly service: string;
  readonly error: Error | undefined;
}

/**
 * Services in the order of their dependencies. Starts level by level (independent services together), stops in reverse.
 * When one fails to start, those already started are stopped again.
 */
export class ServiceGroup {
  readonly #levels: readonly (readonly Service[])[];
  readonly #clock: Clock;
  readonly #onDone: ServiceGroupOptions["onDone"];
  #started: Service[] = [];
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #stopRequest = new AbortController();

  /** @throws E_CORE_SERVICE_DUPLICATE, E_CORE_SERVICE_UNKNOWN, E_CORE_SERVICE_CYCLE, E_CORE_DURATION_INVALID */
  constructor(services: readonly Service[], options: ServiceGroupOptions = {}) {
    this.#levels = orderServices(services);
    this.#clock = options.clock ?? systemClock;
    this.#onDone = options.onDone;
    // A faulty time-out must show now, not when it keeps a service from being stopped.
    for (const service of services) {
      startTimeout(service);
      stopTimeout(service);
    }
  }

  /**
   * Starts everything; a second call while that is under way waits for the same end.
   *
   * @throws E_CORE_START_FAILED, E_CORE_START_TIMEOUT, E_CORE_START_ABORTED; everything that had started is stopped first
   */
  start(): Promise<void> {
    this.#starting ??= this.#startLevels().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async #startLevels(): Promise<void> {
    this.#stopRequest = new AbortController();
    for (const level of this.#levels) {
      const outcomes = await Promise.allSettled(level.map((service) => this.#startOne(service)));
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (failed !== undefined) {
        await this.#stopStarted().catch(() => undefined); // the first failure is the one to report
        throw failed.reason;
      }
    }
  }

  async #startOne(service: Service): Promise<void> {
    const milliseconds = startTimeout(service);
    const timedOut = (): Error => errors.START_TIMEOUT({ service: service.name, milliseconds });
    this.#stopRequest.signal.throwIfAborted();
    const began = this.#clock.monotonic();
    try {
      const { signal } = this.#stopRequest;
      await runWithDeadline((own) => service.start?.(own), { clock: this.#clock, milliseconds, timedOut, signal });
    } catch (thrown) {
      // Half a start may hold sockets or files: it gets its stop like the others.
      this.#started.push(service);
      const cause = toError(thrown);
      throw cause.name === "PlinthError"
        ? cause
        : errors.START_FAILED({ service: service.name, reason: cause.message }, { cause });
    }
    this.#started.push(service);
    this.#onDone?.(service.name, "started", this.#clock.monotonic() - began);
  }

  /** Checks every service at once. Never rejects: failures are results. */
  check(timeout: Duration = "2s"): Promise<CheckResult[]> {
    const milliseconds = parseDuration(timeout);
    const timedOut = (): Error => new Error(`no answer within ${timeout}`);
    return Promise.all(
      this.#started.map(async (service) => {
        try {
          await runWithDeadline((signal) => service.check?.(signal), { clock: this.#clock, milliseconds, timedOut });
          return { service: service.name, error: undefined };
        } catch (thrown) {
          return { service: service.name, error: toError(thrown) };
        }
      }),
    );
  }

  /**
   * Stops what was started, dependents first. A service that fails or hangs does not keep the others from stopping. A start that is under
   * way is given up; a second call waits for the same end.
   *
   * @throws E_CORE_STOP_FAILED with an AggregateError as cause, after all were asked to stop
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll().finally(() => (this.#stopping = undefined));
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    this.#stopRequest.abort(errors.START_ABORTED({}));
    await this.#starting?.catch(() => undefined); // whoever called start is told
    await this.#stopStarted();
  }

  async #stopStarted(): Promise<void> {
    const started = new Set(this.#started);
    this.#started = [];
    const failures = new Map<string, Error>();
    for (const level of this.#levels.toReversed()) {
      const stops = level
        .filter((service) => started.has(service))
        .map((service) => this.#stopOne(service).catch((thrown: unknown) => failures.set(service.name, toError(thrown))));
      await Promise.all(stops);
    }
    if (failures.size > 0) {
      throw errors.STOP_FAILED({ services: [...failures.keys()] }, { cause: new AggregateError(failures.values()) });
    }
  }

  async #stopOne(service: Service): Promise<void> {
    const began = this.#clock.monotonic();
    const milliseconds = stopTimeout(service);
    const timedOut = (): Error => errors.STOP_TIMEOUT({ service: service.name, milliseconds });
    await runWithDeadline((signal) => service.stop?.(signal), { clock: this.#clock, milliseconds, timedOut });
    this.#onDone?.(service.name, "stopped", this.#clock.monotonic() - began);
  }
}

const startTimeout = (service: Service): number => parseDuration(service.startTimeout ?? "30s");
const stopTimeout = (service: Service): number => parseDuration(service.stopTimeout ?? "10s");

/** Whether a value is a service: an object with a name and at least one of start, check and stop. */
export function isService(value: unknown): value is Service {
  if (typeof value !== "object" || value === null) return false;
  const candidate = value as Partial<Record<keyof Service, unknown>>;
  return (
    typeof candidate.name === "string" &&
    [candidate.start, candidate.check, candidate.stop].some((method) => typeof method === "function")
  );
}

/** Levels of services: each depends only on levels before its own. */
function orderServices(services: readonly Service[]): readonly (readonly Service[])[] {
  const byName = new Map<string, Service>();
  for (const service of services) {
    if (byName.has(service.name)) throw errors.SERVICE_DUPLICATE({ service: service.name });
    byName.set(service.name, service);
  }
  const depths = new Map<string, number>();
  const measure = (service: Service, path: readonly string[]): number => {
    const known = depths.get(service.name);
    if (known !== undefined) return known;
    if (path.includes(service.name))
      throw errors.SERVICE_CYCLE({ path: [...path.slice(path.indexOf(service.name)), service.name] });
    let depth = 0;
    for (const dependency of service.dependsOn ?? []) {
      const target = byName.get(dependency);
      if (target === undefined) throw errors.SERVICE_UNKNOWN({ service: service.name, dependency });
      depth = Math.max(depth, measure(target, [...path, service.name]) + 1);
    }
    depths.set(service.name, depth);
    return depth;
  };
  const levels: Service[][] = [];
  for (const service of services) (levels[measure(service, [])] ??= []).push(service);
  return levels;
}
