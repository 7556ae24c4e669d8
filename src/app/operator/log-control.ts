import { type Clock, type Duration, type Timer, canonicalAddress, formatDuration, parseDuration } from "../../core/mod.ts";
import type { DebugScope, Logger, LogThreshold } from "../../log/mod.ts";
import type { Broadcast } from "../broadcast.ts";
import { errors } from "../errors.ts";
import { logOrders } from "../log-orders.ts";

/** Most scopes at once: each is looked at for every line below the threshold. */
const MAX_SCOPES = 16;
const SHORTEST_MS = 1_000;
/** What is ordered at run time is for a look at something, not a way to configure. */
const LONGEST: Duration = "24h";

export interface LogControlOptions {
  /** The configured level, which holds when nothing else was ordered. */
  readonly level: LogThreshold;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  /** Always written, whatever the level. */
  readonly log: Logger;
}

/** What is logged, for operators. */
export interface LogStatus {
  /** What holds now. */
  readonly level: LogThreshold;
  readonly configured: LogThreshold;
  /** Whole seconds until the configured level holds again; absent when it does. */
  readonly secondsLeft?: number;
  readonly scopes: readonly (DebugScope & { readonly secondsLeft: number })[];
}

/** Something that holds for a time. */
interface Order<Value> {
  readonly value: Value;
  readonly until: number;
  readonly timer: Timer;
}

/**
 * What the threads log, as far as it was ordered at run time: a level for all, and scopes whose requests are logged in detail. Every order ends by
 * itself, by a clock that nobody can set. Beginnings and ends are in the log.
 */
export class LogControl {
  readonly #options: LogControlOptions;
  #configured: LogThreshold;
  #level: Order<LogThreshold> | undefined;
  readonly #scopes = new Map<string, Order<DebugScope>>();

  constructor(options: LogControlOptions) {
    this.#options = options;
    this.#configured = options.level;
    this.#publish();
  }

  /** The configuration has changed. An order that holds goes on holding. */
  configure(level: LogThreshold): void {
    this.#configured = level;
    this.#publish();
  }

  /** @throws E_APP_LOG_TIME_INVALID */
  setLevel(level: LogThreshold, lasting: Duration): void {
    const order = this.#order(level, lasting, () => this.#endLevel("its time is over"));
    this.#level?.timer.cancel();
    this.#level = order;
    this.#publish();
    this.#options.log.info({ threshold: level, for: lasting }, "the log level was changed");
  }

  /**
   * Begins a scope, or begins it anew.
   *
   * @throws E_APP_LOG_TIME_INVALID, E_APP_LOG_SCOPE_INVALID, E_APP_LOG_SCOPES_FULL
   */
  addScope(wanted: DebugScope, lasting: Duration): void {
    const scope = checkScope(wanted);
    const key = JSON.stringify([scope.route, scope.principal, scope.requestId, scope.address]);
    if (!this.#scopes.has(key) && this.#scopes.size >= MAX_SCOPES) throw errors.LOG_SCOPES_FULL({ most: MAX_SCOPES });
    const order = this.#order(scope, lasting, () => this.#endScope(key, "its time is over"));
    this.#scopes.get(key)?.timer.cancel();
    this.#scopes.set(key, order);
    this.#publish();
    this.#options.log.info({ scope, for: lasting }, "scoped debug logging began");
  }

  /** Back to what is configured. */
  reset(): void {
    if (this.#level !== undefined) this.#endLevel("reset");
    for (const key of this.#scopes.keys()) this.#endScope(key, "reset");
  }

  get status(): LogStatus {
    const level = this.#level;
    return {
      level: level?.value ?? this.#configured,
      configured: this.#configured,
      ...(level === undefined ? {} : { secondsLeft: this.#secondsLeft(level) }),
      scopes: [...this.#scopes.values()].map((order) => this.#describe(order)),
    };
  }

  /** @throws E_APP_LOG_TIME_INVALID */
  #order<Value>(value: Value, lasting: Duration, end: () => void): Order<Value> {
    const milliseconds = parseDuration(lasting);
    if (milliseconds < SHORTEST_MS || milliseconds > parseDuration(LONGEST)) {
      throw errors.LOG_TIME_INVALID({ least: formatDuration(SHORTEST_MS), most: LONGEST });
    }
    const { clock } = this.#options;
    return { value, until: clock.monotonic() + milliseconds, timer: clock.schedule(milliseconds, end) };
  }

  #describe(order: Order<DebugScope>): DebugScope & { readonly secondsLeft: number } {
    return { ...order.value, secondsLeft: this.#secondsLeft(order) };
  }

  #secondsLeft({ until }: Order<unknown>): number {
    return Math.max(0, Math.ceil((until - this.#options.clock.monotonic()) / 1_000));
  }

  #endLevel(reason: string): void {
    this.#level?.timer.cancel();
    this.#level = undefined;
    this.#publish();
    this.#options.log.info({ threshold: this.#configured, reason }, "the log level is as configured again");
  }

  #endScope(key: string, reason: string): void {
    const order = this.#scopes.get(key);
    if (order === undefined) return;
    order.timer.cancel();
    this.#scopes.delete(key);
    this.#publish();
    this.#options.log.info({ scope: order.value, reason }, "scoped debug logging ended");
  }

  #publish(): void {
    const scopes = [...this.#scopes.values()].map((order) => order.value);
    this.#options.broadcast.publish(logOrders, { level: this.#level?.value ?? this.#configured, scopes });
  }
}

/** @throws E_APP_LOG_SCOPE_INVALID */
function checkScope(wanted: DebugScope): DebugScope {
  const { route, principal, requestId, level } = wanted;
  if ([route, principal, requestId, wanted.address].every((part) => part === undefined)) {
    throw errors.LOG_SCOPE_INVALID({ reason: "names nothing. Say a route, a principal, a request id or an address" });
  }
  if (route !== undefined && !/^[^\s]+$/.test(route)) {
    throw errors.LOG_SCOPE_INVALID({ reason: "needs a route as its template alone, such as /files/:id" });
  }
  const address = wanted.address === undefined ? undefined : canonicalAddress(wanted.address);
  if (wanted.address !== undefined && address === undefined) {
    throw errors.LOG_SCOPE_INVALID({ reason: "needs an IP address, without a port" });
  }
  const parts = { route, principal, requestId, address };
  return { ...(Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as object), level };
}
