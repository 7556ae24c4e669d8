import type { LimitEngine, LimitRule, RequestView } from "../http/contract.ts";
import { type CountedBy, type LimitKey, createKey, labelOf } from "./caller-key.ts";
import type { DegradeMode, LimitPolicy } from "./contract.ts";
import { errors } from "./errors.ts";

/** What one call takes, in whole units; 0 takes nothing. */
export type LimitCost = (request: RequestView, principal: unknown) => number;

/** What rates and quotas may say alike. */
export interface LimitOptions {
  readonly by: CountedBy;
  /** What one call takes, in whole units: a number from 1, or a function of the request whose 0 takes nothing. Default 1. */
  readonly cost?: number | LimitCost;
  /** Counts each route template by itself instead of all routes that share this value. Default false. */
  readonly perRoute?: boolean;
  /** Shown in `RateLimit` fields; limits of one name and the same numbers share their counts. Default: made from the numbers, as `100/1m-address`. */
  readonly name?: string;
  /** Calls that are not counted and pass. */
  readonly skip?: (request: RequestView, principal: unknown) => boolean;
  /** Counts and reports (`plinth:ratelimit:refused`), but refuses nobody and is shown to nobody. Default false. */
  readonly shadow?: boolean;
  /**
   * What happens while the store is down or slow: `"local"` counts in the memory of this process with the same numbers, `"deny"` answers
   * 503, `"allow"` lets everybody through. Default `"local"`.
   */
  readonly degrade?: DegradeMode;
  /**
   * Which answers count: `"failed"` those with a status of 400 to 499 but 429 (and callers who leave before their answer), for sign-ins; or a
   * function of the status. Each call is counted first, and given back when its answer does not count, so that a thousand at once pass no more
   * often than one after the other. Default: all.
   */
  readonly countWhen?: "failed" | ((status: number) => boolean);
}

/** A limit as this room makes them. */
export interface CountedRule extends LimitRule {
  readonly policy: LimitPolicy;
  readonly keyOf: LimitKey;
  readonly cost: number | LimitCost;
  /** How many units a call can take at most. */
  readonly most: number;
  readonly skip: LimitOptions["skip"] | undefined;
  readonly shadow: boolean;
  readonly degrade: DegradeMode;
  /** Which answers count; null when all do. */
  readonly countWhen: ((status: number) => boolean) | null;
  /** Whether keys may be secrets, which are shown to nobody. */
  readonly hidesKeys: boolean;
  /** Whether keys begin with the route. */
  readonly perRoute: boolean;
}

export interface RuleDeclaration {
  /** What the policy is, but for its name. */
  readonly policy: (name: string) => LimitPolicy;
  /** As it was written: `100/1m`. */
  readonly text: string;
  readonly windowSeconds: number;
  /** How many units a call can take at most. */
  readonly most: number;
  /** What is wrong with its numbers. */
  readonly fault: string | undefined;
  readonly engine: LimitEngine;
}

/** @throws E_RATELIMIT_RULE_INVALID */
export function createRule(declaration: RuleDeclaration, options: LimitOptions): CountedRule {
  const { text, windowSeconds, most, engine } = declaration;
  const { by, cost = 1, perRoute = false, shadow = false, degrade = "local", countWhen, skip } = options;
  const name = options.name ?? nameRule(`${text}-${labelOf(by)}`);
  const fault = declaration.fault ?? findFault({ name, cost, most, degrade });
  if (fault !== undefined) throw errors.RULE_INVALID({ rule: name, reason: fault });
  const policy = Object.freeze(declaration.policy(name));
  return Object.freeze<CountedRule>({
    name,
    stage: by === "address" ? "address" : "caller",
    count: policy.count,
    windowSeconds,
    engine,
    policy,
    keyOf: createKey(name, by, perRoute),
    cost,
    most,
    skip,
    shadow,
    degrade,
    countWhen: countWhen === "failed" ? isFailure : (countWhen ?? null),
    hidesKeys: typeof by === "object",
    perRoute,
  });
}

/** Whoever leaves before the answer (499) must not learn that way how often they may try. */
function isFailure(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

// Threads load the same modules in the same order, so they give the same names.
const namesGiven = new Map<string, number>();

/** Two limits that are written alike are still two: the second is `100/1m-address-2`. */
function nameRule(base: string): string {
  const uses = (namesGiven.get(base) ?? 0) + 1;
  namesGiven.set(base, uses);
  return uses === 1 ? base : `${base}-${uses}`;
}

interface RuleNumbers {
  readonly name: string;
  readonly cost: number | LimitCost;
  readonly most: number;
  readonly degrade: DegradeMode;
}

function findFault({ name, cost, most, degrade }: RuleNumbers): string | undefined {
  if (!/^[\w!#$%&'*+./^`|~-]{1,64}$/.test(name))
    return "its name must have 1 to 64 letters, digits or any of !#$%&'*+-./^_`|~, for it is sent in a header";
  if (!["allow", "deny", "local"].includes(degrade)) return '`degrade` must be "allow", "deny" or "local"';
  if (typeof cost === "function") return undefined;
  if (!isCount(cost)) return "`cost` must be a whole number from 1";
  if (cost > most) return `a cost of ${cost} is never free when at most ${most} can be`;
  return undefined;
}

/** Whether a number may count units. */
export function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 1e9;
}

/**
 * What a call takes.
 *
 * @throws E_RATELIMIT_COST_INVALID
 */
export function costOf(rule: CountedRule, request: RequestView, principal: unknown): number {
  if (typeof rule.cost === "number") return rule.cost;
  return checkCost(rule, rule.cost(request, principal));
}

/** @throws E_RATELIMIT_COST_INVALID */
export function checkCost({ name, most }: CountedRule, cost: number): number {
  if (cost === 0 || (isCount(cost) && cost <= most)) return cost;
  throw errors.COST_INVALID({ rule: name, cost, most });
}
