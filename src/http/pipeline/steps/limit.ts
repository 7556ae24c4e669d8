import type { LimitCheck, LimitDecision, LimitRule, RuleResources } from "../../contract.ts";
import { errors } from "../../errors.ts";
import { isPromise } from "../../validation/validate.ts";
import type { LiveExchange, Step } from "../exchange.ts";

/**
 * Counts a request against its limits, in the order they were declared; the first that refuses answers 429.
 * Fields follow draft-ietf-httpapi-ratelimit-headers-10.
 */
export async function compileLimits(rules: readonly LimitRule[], resources: RuleResources): Promise<Step | null> {
  if (rules.length === 0) return null;
  const [first, ...rest] = await Promise.all(rules.map(async (rule) => compileLimit(rule, await rule.open(resources))));
  if (first === undefined || rest.length === 0) return first ?? null;
  return (exchange) => runInTurn(exchange, [first, ...rest], 0);
}

function runInTurn(exchange: LiveExchange, limits: readonly Step[], from: number): void | Promise<void> {
  for (let index = from; index < limits.length; index++) {
    const pending = (limits[index] as Step)(exchange);
    if (pending !== undefined) return pending.then(() => runInTurn(exchange, limits, index + 1));
  }
}

function compileLimit(rule: LimitRule, check: LimitCheck): Step {
  const name = quote(rule.name);
  const apply = (exchange: LiveExchange, decision: LimitDecision): void => {
    const field = `${name};r=${decision.remaining};t=${decision.resetSeconds}`;
    exchange.rateLimit = exchange.rateLimit === "" ? field : `${exchange.rateLimit}, ${field}`;
    if (decision.allowed) return;
    throw errors.RATE_LIMITED(
      { policy: rule.name, seconds: decision.retryAfterSeconds },
      { headers: { "retry-after": String(decision.retryAfterSeconds) } },
    );
  };
  return (exchange) => {
    const decision = check(exchange.request, exchange.principal);
    if (isPromise(decision)) return Promise.resolve(decision).then((later) => apply(exchange, later));
    apply(exchange, decision);
  };
}

/** The `RateLimit-Policy` field of a route; empty without limits. */
export function rateLimitPolicy(rules: readonly LimitRule[]): string {
  return rules.map((rule) => `${quote(rule.name)};q=${rule.count};w=${rule.windowSeconds}`).join(", ");
}

/** A string of a structured field (RFC 9651, section 3.3.3). */
function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
