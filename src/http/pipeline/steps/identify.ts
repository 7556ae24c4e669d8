import type { AuthRule } from "../../contract.ts";
import { errors } from "../../errors.ts";
import { isPromise } from "../../validation/validate.ts";
import type { LiveExchange, Step } from "../exchange.ts";

/** Finds out who is calling. A rule that fails in any way lets nobody in: it throws, or its principal is nothing. */
export function compileIdentify(rule: AuthRule<unknown>): Step {
  return (exchange) => {
    const principal = rule.identify(exchange.request);
    if (isPromise(principal)) return Promise.resolve(principal).then((later) => admit(exchange, later));
    admit(exchange, principal);
  };
}

function admit(exchange: LiveExchange, principal: unknown): void {
  if (principal === undefined || principal === null || principal === false) throw errors.FORBIDDEN({});
  exchange.principal = principal;
}

/** Decides whether this principal may call this route: only a plain `true` opens it. */
export function compilePermit(rule: AuthRule<unknown>): Step | null {
  if (rule.permit === undefined) return null;
  return (exchange) => {
    const verdict = rule.permit?.(exchange.principal, exchange.request);
    if (isPromise(verdict)) return Promise.resolve(verdict).then(require);
    require(verdict);
  };
}

function require(verdict: unknown): void {
  if (verdict !== true) throw errors.FORBIDDEN({});
}
