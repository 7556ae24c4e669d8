import type { LimitCheck, LimitDecision, LimitDecisions, LimitEngine, LimitRule, RuleResources } from "../../contract.ts";
import { errors } from "../../errors.ts";
import { isPromise } from "../../validation/validate.ts";
import type { LiveExchange, Step } from "../exchange.ts";

/**
 * Counts a request against the limits of one stage: those of one engine all at once, and against none of them when one refuses. Fields
 * follow draft-ietf-httpapi-ratelimit-headers-10.
 */
export async function compileLimits(rules: readonly LimitRule[], resources: RuleResources): Promise<Step | null> {
  const groups = [...byEngine(rules)];
  const steps = await Promise.all(groups.map(async ([engine, own]) => compileGroup(own, await engine.open(own, resources))));
  const [first, ...rest] = steps;
  if (first === undefined || rest.length === 0) return first ?? null;
  return (exchange) => runInTurn(exchange, steps, 0);
}

function byEngine(rules: readonly LimitRule[]): ReadonlyMap<LimitEngine, readonly LimitRule[]> {
  return Map.groupBy(rules, (rule) => rule.engine);
}

function runInTurn(exchange: LiveExchange, limits: readonly Step[], from: number): void | Promise<void> {
  for (let index = from; index < limits.length; index++) {
    const pending = (limits[index] as Step)(exchange);
    if (pending !== undefined) return pending.then(() => runInTurn(exchange, limits, index + 1));
  }
}

function compileGroup(rules: readonly LimitRule[], check: LimitCheck): Step {
  const names = rules.map((rule) => quote(rule.name));
  const apply = (exchange: LiveExchange, decisions: LimitDecisions): void => {
    if (decisions.length !== rules.length) throw new TypeError(`${rules.length} limits gave ${decisions.length} decisions.`);
    let refused = -1;
    for (let index = 0; index < decisions.length; index++) {
      const decision = decisions[index] as LimitDecision | null;
      if (decision === null) continue;
      const { allowed, remaining, resetSeconds, refusal } = decision;
      if (!allowed && isGraver(decision, decisions[refused])) refused = index;
      if (refusal !== undefined) continue;
      const field = `${names[index]};r=${remaining};t=${resetSeconds}`;
      exchange.rateLimit = exchange.rateLimit === "" ? field : `${exchange.rateLimit}, ${field}`;
    }
    if (refused !== -1) throw refusalOf((rules[refused] as LimitRule).name, decisions[refused] as LimitDecision);
  };
  return (exchange) => {
    const decisions = check(exchange.request, exchange.principal, exchange);
    if (isPromise(decisions)) return Promise.resolve(decisions).then((later) => apply(exchange, later));
    apply(exchange, decisions);
  };
}

/** Of several refusals the caller is told the one that lasts: coming back for a shorter one would be in vain. */
function isGraver(decision: LimitDecision, than: LimitDecision | null | undefined): boolean {
  if (than === null || than === undefined) return true;
  if ((decision.refusal === "blocked") !== (than.refusal === "blocked")) return decision.refusal === "blocked";
  return decision.retryAfterSeconds > than.retryAfterSeconds;
}

function refusalOf(policy: string, { refusal, retryAfterSeconds: seconds }: LimitDecision): Error {
  // A caller that is blocked for good has no time to come back at.
  const extras = seconds > 0 ? { headers: { "retry-after": String(seconds) } } : {};
  if (refusal === "blocked") return errors.CALLER_BLOCKED({}, extras);
  if (refusal === "undecided") return errors.LIMIT_UNDECIDED({ policy }, extras);
  return errors.RATE_LIMITED({ policy, seconds }, extras);
}

/** The `RateLimit-Policy` field of a route; empty without limits that callers may know of. */
export function rateLimitPolicy(rules: readonly LimitRule[]): string {
  return rules
    .filter((rule) => rule.shadow !== true)
    .map((rule) => `${quote(rule.name)};q=${rule.count};w=${rule.windowSeconds}`)
    .join(", ");
}

/** A string of a structured field (RFC 9651, section 3.3.3). */
function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
