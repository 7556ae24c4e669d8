import { type Rate, parseRate } from "../core/mod.ts";
import type { RatePolicy } from "./contract.ts";
import { engine } from "./engine.ts";
import { SHORTEST_INTERVAL } from "./gcra.ts";
import { type CountedRule, type LimitOptions, createRule, isCount } from "./rule.ts";

export interface RateOptions extends LimitOptions {
  /** How many may pass at one instant after a pause. Default: the count of the rate. */
  readonly burst?: number;
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
 * const signIn = rate("5/1m", { by: "address", name: "sign-in", countWhen: "failed" });
 */
export function rate(text: Rate, options: RateOptions): CountedRule {
  const { count, period } = parseRate(text);
  const { burst = count } = options;
  const declaration = {
    policy: (name: string): RatePolicy => ({ kind: "rate", name, count, period, burst }),
    text,
    windowSeconds: period / 1_000,
    most: burst,
    fault: findFault(period / count, burst),
    engine,
  };
  return createRule(declaration, options);
}

function findFault(interval: number, burst: number): string | undefined {
  if (interval < SHORTEST_INTERVAL) return `more than ${1_000 / SHORTEST_INTERVAL} units a second cannot be told apart`;
  return isCount(burst) ? undefined : "`burst` must be a whole number from 1";
}
