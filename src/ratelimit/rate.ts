import { type Rate, networkOf, parseRate } from "../core/mod.ts";
import type { LimitCheck, LimitRule, RequestView, RuleResources } from "../http/contract.ts";
import { errors } from "./errors.ts";
import { SHORTEST_INTERVAL } from "./gcra.ts";
import { openSharedStore } from "./shared-store.ts";

/** Names the caller to count. Must return a text that is not empty. */
export type LimitKey = (request: RequestView, principal: unknown) => string;

export interface RateOptions {
  /**
   * Whom to count:
   * - `"address"`: the client's network (IPv6 by /64), before credentials are looked at;
   * - `"principal"`: the caller's `id`, however they signed in; a caller without one is an error, not a free pass;
   * - `"route"`: all callers of a route template together;
   * - `{ header }`: the value of a request header, an API key for instance; callers without it count as one. A caller can
   *   change headers at will: use it only behind an `auth` rule that checks this one, or beside a limit by address;
   * - a function.
   */
  readonly by: "address" | "principal" | "route" | { readonly header: string } | LimitKey;
  /** How many may pass at one instant after a pause. Default: the count of the rate. */
  readonly burst?: number;
  /** What one call takes from the quota, in whole units. Default 1. */
  readonly cost?: number;
  /** Counts each route template by itself instead of all routes that share this value. Default false. */
  readonly perRoute?: boolean;
  /** Shown in `RateLimit` fields; limits of one name and the same numbers share their counts. Default: made from the rate, as `100/1m-address`. */
  readonly name?: string;
}

/**
 * A rate limit for a route, a group or the whole app. Routes that are given the same value share one quota, as a limit on
 * a group should; write `rate(…)` once per route, or `perRoute: true`, for a quota each. What is counted is the route's template,
 * never the path as it was sent, so no spelling of a path escapes.
 *
 * @param text how many per span of time: `"100/1m"`. Quotas refill continuously, not at the end of the minute
 * @throws E_CORE_RATE_INVALID, E_RATELIMIT_RULE_INVALID
 * @example
 * const limit = rate("100/1m", { by: "principal" });
 * const signIn = rate("5/1m", { by: "address", name: "sign-in" });
 */
export function rate(text: Rate, options: RateOptions): LimitRule {
  const { count, period } = parseRate(text);
  const { burst = count, cost = 1 } = options;
  const name = options.name ?? nameRule(`${text}-${labelOf(options.by)}`);
  const fault = findFault({ name, interval: period / count, burst, cost });
  if (fault !== undefined) throw errors.RULE_INVALID({ rule: name, reason: fault });
  const keyOf = createKey(name, options);
  return Object.freeze<LimitRule>({
    name,
    stage: options.by === "address" ? "address" : "caller",
    count,
    windowSeconds: period / 1_000,
    async open({ memory, clock }: RuleResources): Promise<LimitCheck> {
      const store = await openSharedStore({ memory, clock });
      const meter = store.meter({ name, count, period, burst });
      return (request, principal) => meter.take(keyOf(request, principal), cost);
    },
  });
}

// Threads load the same modules in the same order, so they give the same names.
const namesGiven = new Map<string, number>();

/** Two limits that are written alike are still two: the second is `100/1m-address-2`. */
function nameRule(base: string): string {
  const uses = (namesGiven.get(base) ?? 0) + 1;
  namesGiven.set(base, uses);
  return uses === 1 ? base : `${base}-${uses}`;
}

function labelOf(by: RateOptions["by"]): string {
  if (typeof by === "function") return "key";
  return typeof by === "string" ? by : by.header.toLowerCase();
}

interface RuleNumbers {
  readonly name: string;
  readonly interval: number;
  readonly burst: number;
  readonly cost: number;
}

function findFault({ name, interval, burst, cost }: RuleNumbers): string | undefined {
  if (!/^[\w!#$%&'*+./^`|~-]{1,64}$/.test(name))
    return "its name must have 1 to 64 letters, digits or any of !#$%&'*+-./^_`|~, for it is sent in a header";
  if (interval < SHORTEST_INTERVAL) return `more than ${1_000 / SHORTEST_INTERVAL} units a second cannot be told apart`;
  if (!isCount(burst)) return "`burst` must be a whole number from 1";
  if (!isCount(cost)) return "`cost` must be a whole number from 1";
  if (cost > burst) return `a cost of ${cost} is never free when at most ${burst} can be`;
  return undefined;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 1e9;
}

function createKey(rule: string, { by, perRoute = false }: RateOptions): LimitKey {
  const callerOf = createCallerKey(rule, by);
  if (!perRoute) return callerOf;
  // A route template has no control characters, so no caller can write themselves into another route.
  return (request, principal) => `${request.route}\0${callerOf(request, principal)}`;
}

function createCallerKey(rule: string, by: RateOptions["by"]): LimitKey {
  if (typeof by === "function") {
    return (request, principal) => {
      const key: unknown = by(request, principal);
      if (!isKey(key)) throw errors.KEY_INVALID({ rule, route: request.route });
      return key;
    };
  }
  if (typeof by === "object") {
    const header = by.header.toLowerCase();
    return (request) => request.headers[header] ?? "";
  }
  if (by === "route") return (request) => request.route;
  // Whoever comes without an address (over a local socket) counts as one.
  if (by === "address") return (request) => networkOf(request.address) ?? "";
  return (request, principal) => {
    const id = (principal as { readonly id?: unknown } | null | undefined)?.id;
    if (!isKey(id)) throw errors.PRINCIPAL_MISSING({ rule, route: request.route });
    return id;
  };
}

function isKey(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
