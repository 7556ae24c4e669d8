import { networkOf } from "../core/mod.ts";
import type { RequestView } from "../http/contract.ts";
import { errors } from "./errors.ts";

/** Names the caller to count. Must return a text that is not empty. */
export type LimitKey = (request: RequestView, principal: unknown) => string;

/**
 * Whom to count:
 * - `"address"`: the client's network (IPv6 by /64), before credentials are looked at;
 * - `"principal"`: the caller's `id`, however they signed in; a caller without one is an error, not a free pass;
 * - `"route"`: all callers of a route template together;
 * - `{ header }`: the value of a request header, an API key for instance; callers without it count as one. A caller can
 *   change headers at will: use it only behind an `auth` rule that checks this one, or beside a limit by address;
 * - a function.
 */
export type CountedBy = "address" | "principal" | "route" | { readonly header: string } | LimitKey;

/** In names of rules. */
export function labelOf(by: CountedBy): string {
  if (typeof by === "function") return "key";
  return typeof by === "string" ? by : by.header.toLowerCase();
}

/** What stands between a route's template, which has no control characters, and the caller: so none can write themselves into another route. */
export const ROUTE_END = "\0";

/** @param rule for errors */
export function createKey(rule: string, by: CountedBy, perRoute: boolean): LimitKey {
  const callerOf = createCallerKey(rule, by);
  return perRoute ? (request, principal) => `${request.route}${ROUTE_END}${callerOf(request, principal)}` : callerOf;
}

function createCallerKey(rule: string, by: CountedBy): LimitKey {
  if (typeof by === "function") {
    return (request, principal) => {
      const key: unknown = by(request, principal);
      if (!isKey(key)) throw errors.KEY_INVALID({ rule, from: `the function that names the callers of ${request.route}` });
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

/** Whether somebody can be counted by it. */
export function isKey(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
