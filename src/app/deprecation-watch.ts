import type { DeprecatedRequest } from "../http/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Counter, CounterSeries, Registry } from "../telemetry/mod.ts";

/** Callers of one route that are told apart; all others together are `_other`. */
const MAX_CALLERS = 100;
const OTHERS = "_other";
const ANONYMOUS = "anonymous";
const DAY_MS = 86_400_000;

/** One caller of one deprecated route. */
interface Caller {
  readonly series: CounterSeries;
  /** Monotonic milliseconds. */
  loggedAt: number;
}

/**
 * Counts who still calls deprecated routes, and logs each caller of a route once a day. As many callers as there are series for are told
 * apart: what comes from outside must not decide how much is kept. Each thread keeps its own days.
 */
export class DeprecationWatch {
  readonly #counter: Counter<readonly ["http_request_method", "http_route", "api_version", "caller"]>;
  readonly #log: Logger;
  readonly #routes = new Map<string, Map<string, Caller>>();

  constructor(registry: Registry, log: Logger) {
    this.#log = log;
    this.#counter = registry.counter({
      name: "http_server_deprecated_requests_total",
      help: "Requests to deprecated routes, by caller.",
      labels: ["http_request_method", "http_route", "api_version", "caller"],
    });
  }

  record(event: DeprecatedRequest): void {
    const name = event.principal ?? ANONYMOUS;
    const caller = this.#find(event, name);
    caller.series.add(1);
    if (event.at - caller.loggedAt < DAY_MS) return;
    caller.loggedAt = event.at;
    const { method, route, version, sunset } = event;
    this.#log.warn(
      {
        method,
        route,
        principal: name,
        ...(version === "" ? {} : { version }),
        ...(sunset === undefined ? {} : { sunset: new Date(sunset).toISOString() }),
      },
      "a deprecated route is still called",
    );
  }

  #find(event: DeprecatedRequest, name: string): Caller {
    const key = `${event.method} ${event.version} ${event.route}`;
    let callers = this.#routes.get(key);
    if (callers === undefined) this.#routes.set(key, (callers = new Map()));
    const known = callers.get(name);
    if (known !== undefined) return known;
    const label = callers.size < MAX_CALLERS ? name : OTHERS;
    const other = callers.get(label);
    if (other !== undefined) return other;
    const caller = { series: this.#counter.with(event.method, event.route, event.version, label), loggedAt: -Infinity };
    callers.set(label, caller);
    return caller;
  }
}
